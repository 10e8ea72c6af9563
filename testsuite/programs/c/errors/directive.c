// #error and #warning.
//@ compile-fail
#warning this is a warning
#error this is an error
