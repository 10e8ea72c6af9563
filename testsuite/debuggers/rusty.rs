use shapes::{Shape, largest};
use std::collections::BTreeMap;

static LIMIT: u32 = 40;

fn describe(shape: &Shape) -> String {
    let length = shape.perimeter();
    let word = if length > LIMIT { "large" } else { "small" };
    format!("{} {word} {length}", shape.name)
}

fn main() {
    let shapes =
        [Shape { sides: vec![3, 4, 5], name: "triangle" }, Shape { sides: vec![20, 20], name: "line" }];
    let mut lines = BTreeMap::new();
    for shape in &shapes {
        lines.insert(shape.name, describe(shape));
    }
    let numbers = [2.5, 8.25, 1.0];
    println!("{lines:?} {:?}", largest(&numbers));
}
