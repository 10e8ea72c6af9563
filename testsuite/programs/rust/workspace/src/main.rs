fn main() {
    println!("{:?} {:?} {}", lazy_workspace::Point::NAMES, lazy_workspace::CUBES, lazy_workspace::parallel(5));
}
