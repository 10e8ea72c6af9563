#[test]
fn from_outside() {
    assert_eq!(lazy_workspace::add(lazy_workspace::CUBES[2] as i32, 1), 9);
}
