//@ part
