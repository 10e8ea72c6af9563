// A crate of its own, so that its bitcode stands in an archive.
pub struct Shape {
    pub sides: Vec<u32>,
    pub name: &'static str,
}

impl Shape {
    pub fn perimeter(&self) -> u32 {
        let mut sum = 0;
        for side in &self.sides {
            sum += side;
        }
        sum
    }
}

pub fn largest<T: Copy + PartialOrd>(values: &[T]) -> Option<T> {
    let mut best = *values.first()?;
    for &value in values {
        if value > best {
            best = value;
        }
    }
    Some(best)
}
