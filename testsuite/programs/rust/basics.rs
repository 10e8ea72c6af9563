//! Traits, generics, closures, collections, formatting, iterators.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::rc::Rc;

trait Shape {
    fn area(&self) -> f64;
    fn name(&self) -> String {
        "shape".to_owned()
    }
}

struct Circle(f64);
struct Rectangle {
    width: f64,
    height: f64,
}

impl Shape for Circle {
    fn area(&self) -> f64 {
        std::f64::consts::PI * self.0 * self.0
    }
    fn name(&self) -> String {
        format!("circle of {:.2}", self.0)
    }
}

impl Shape for Rectangle {
    fn area(&self) -> f64 {
        self.width * self.height
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Token {
    Number(i64),
    Operator(char),
    Word(String),
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

fn tokens(text: &str) -> Vec<Token> {
    text.split_whitespace()
        .map(|word| match word.parse() {
            Ok(number) => Token::Number(number),
            Err(_) if word.len() == 1 => Token::Operator(word.chars().next().unwrap()),
            Err(_) => Token::Word(word.to_owned()),
        })
        .collect()
}

fn evaluate(tokens: &[Token]) -> Result<i64, String> {
    let mut stack = Vec::new();
    for token in tokens {
        match token {
            Token::Number(n) => stack.push(*n),
            Token::Operator(o) => {
                let (Some(b), Some(a)) = (stack.pop(), stack.pop()) else {
                    return Err(format!("nothing for {o:?}"));
                };
                stack.push(match o {
                    '+' => a + b,
                    '*' => a * b,
                    '-' => a.checked_sub(b).ok_or("overflow")?,
                    '/' => a.checked_div(b).ok_or_else(|| "division by zero".to_owned())?,
                    _ => return Err(format!("unknown {token:?}")),
                });
            }
            Token::Word(w) => return Err(format!("word {w}")),
        }
    }
    stack.pop().ok_or("empty".to_owned())
}

fn compose<A, B, C>(f: impl Fn(A) -> B, g: impl Fn(B) -> C) -> impl Fn(A) -> C {
    move |x| g(f(x))
}

fn counter() -> Box<dyn FnMut() -> u32> {
    let mut n = 0;
    Box::new(move || {
        n += 1;
        n
    })
}

struct Noisy(Rc<str>);

impl Drop for Noisy {
    fn drop(&mut self) {
        println!("drop {}", self.0);
    }
}

fn main() {
    let shapes: Vec<Box<dyn Shape>> = vec![Box::new(Circle(1.5)), Box::new(Rectangle { width: 2.0, height: 3.5 })];
    for shape in &shapes {
        println!("{}: {:.3}", shape.name(), shape.area());
    }
    for text in ["1 2 + 3 *", "1 0 /", "+", "7 x", "9223372036854775807 -1 -", "one"] {
        println!("{text}: {:?}", evaluate(&tokens(text)));
    }
    println!("{:#?}", tokens("5 + five"));
    let mut words: HashMap<&str, usize> = HashMap::new();
    for word in "the body of the function of the program".split(' ') {
        *words.entry(word).or_default() += 1;
    }
    let sorted: BTreeMap<_, _> = words.iter().collect();
    println!("{sorted:?}");
    let mut queue: VecDeque<u32> = (0..10).collect();
    queue.rotate_left(3);
    println!("{queue:?} {}", queue.iter().rev().step_by(2).map(|n| n.to_string()).collect::<Vec<_>>().join("-"));
    println!("{}", compose(|x: i32| x + 1, |x| format!("<{x:>5}|{x:<5}|{x:^5}|{x:#b}>"))(9));
    let mut next = counter();
    println!("{} {} {}", next(), next(), next());
    println!("{}", Hex(b"\x00lazy\xff"));
    let function: fn(&str) -> Vec<Token> = tokens;
    let again: fn(&str) -> Vec<Token> = tokens;
    println!("{}", std::ptr::fn_addr_eq(function, again));
    let _first = Noisy("first".into());
    let second = Noisy("second".into());
    let moved = std::thread::Builder::new().spawn(|| 5).unwrap().join().unwrap();
    drop(second);
    println!("end {moved}");
}
