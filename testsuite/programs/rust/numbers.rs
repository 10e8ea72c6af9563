//! Arithmetic that code generation does by calls or in many instructions.

use std::hint::black_box as b;

fn main() {
    let wide: u128 = b(0x1234_5678_9abc_def0_1111_2222_3333_4444);
    println!("{} {} {:x}", wide / b(12_345_678_901_234_567), wide % b(987_654_321), wide.wrapping_mul(wide));
    let signed: i128 = b(-170_141_183_460_469_231_731_687_303_715_884_105_728);
    println!("{:?} {:?} {}", signed.checked_neg(), signed.checked_mul(b(2)), signed / b(7));
    println!("{} {} {}", wide as f64, signed as f32, b(1e30f64) as u128);
    for x in [0.0f64, -1.5, 3e10, f64::NAN, f64::INFINITY, -0.0, 1e300] {
        let x = b(x);
        println!(
            "{} {} {} {} {} {:?} {:?} {:?}",
            x as i8, x as u32, x as i64, x as u64, x as i128, x.max(1.0), x.min(1.0), x.clamp(-2.0, 2.0)
        );
        println!("{:.6} {:.6} {:.6} {:?} {:?}", x.sin(), x.abs().sqrt(), x.mul_add(2.0, 1.0), x.round(), x.rem_euclid(3.0));
        println!("{:?} {:?} {:?} {:?}", (x as f32).floor(), (x as f32).powi(3), x.powf(0.5), x.to_bits());
    }
    for (x, y) in [(5i32, 3), (i32::MAX, 1), (i32::MIN, -1), (7, 0)] {
        let (x, y) = (b(x), b(y));
        println!("{:?} {:?} {:?} {:?}", x.checked_add(y), x.checked_div(y), x.overflowing_mul(y), x.saturating_sub(y));
        println!("{} {} {} {}", x.leading_zeros(), x.count_ones(), x.swap_bytes(), x.rotate_left(5));
    }
    println!("{:?} {:?}", b(200u8).checked_add(100), b(u64::MAX).carrying(1));
    let array = b([[1u16; 7]; 9]);
    println!("{} {:?}", array.iter().flatten().map(|&n| u32::from(n)).sum::<u32>(), array[8] == array[0]);
    let bytes: Vec<u8> = (0..=255).collect();
    println!("{:?} {:?}", bytes.iter().position(|&x| x == b(200)), bytes.windows(2).all(|w| w[0] < w[1]));
}

trait Carry: Sized {
    fn carrying(self, other: Self) -> (Self, bool);
}

impl Carry for u64 {
    fn carrying(self, other: Self) -> (Self, bool) {
        self.overflowing_add(other)
    }
}
