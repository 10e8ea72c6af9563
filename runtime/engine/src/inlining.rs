//! Which functions of a module are worth to be inlined into others.
//!
//! That is said of each function by itself, whoever calls it, so that the body that is inlined can be simplified once
//! and for all (`llvm/simplified.h`): a function is inlined if it is small and what would be inlined into it, with all
//! that is inlined there, is not too much. So the work for one request is bounded, too.
//!
//! Functions that call each other are not: which of them is inlined into which would depend on the one that is asked for first, and with
//! it the code. (A function that only calls itself may be.)

/// Instructions before optimization, of which about a third remains: LLVM inlines up to some 45, more if arguments are
/// constant. `llvm/candidate.cpp` has it for functions without a summary.
const LARGEST: u32 = 300;

/// Instructions of a function with all that would be inlined into it. What has more is hardly ever small when it is
/// simplified. (Measured with 500 and 5,000 as well: the same within the spread.)
const HEAVIEST: u32 = 1500;

#[derive(Clone, Copy)]
enum Weight {
    Unknown,
    /// It is not known yet whether it is called by one that it calls. With its place in the order in which they are met.
    Open(u32),
    Known(u32),
    /// Or one of several that call each other.
    TooHeavy,
}

/// A function whose callees are looked at.
struct Visit {
    function: u32,
    weight: u32,
    order: u32,
    /// The first one of those that are open to which its calls lead.
    low: u32,
    /// Those that are left.
    callees: Vec<u32>,
}

/// For each of the functions, whether it is. `size`: its instructions. (Those that call each other are found as in R. Tarjan, Depth-first
/// search and linear graph algorithms, SIAM J. Comput. 1972.)
pub fn inlinable(count: u32, size: impl Fn(u32) -> u32, callees: impl Fn(u32) -> Vec<u32>) -> Vec<bool> {
    let mut weights = vec![Weight::Unknown; count as usize];
    // A stack of our own: calls may be nested deeply.
    let mut visits: Vec<Visit> = Vec::new();
    let mut open: Vec<u32> = Vec::new();
    let mut met = 0;
    for first in 0..count {
        let mut next = Some(first);
        loop {
            if let Some(function) = next.take()
                && let Some(weight @ Weight::Unknown) = weights.get_mut(function as usize)
            {
                let own = size(function);
                *weight = Weight::TooHeavy;
                if own <= LARGEST {
                    *weight = Weight::Open(met);
                    open.push(function);
                    let mut callees = callees(function);
                    callees.sort_unstable();
                    callees.dedup();
                    visits.push(Visit { function, weight: own, order: met, low: met, callees });
                    met += 1;
                }
            }
            let Some(visit) = visits.last_mut() else { break };
            match visit.callees.last().map(|&callee| (callee, weights.get(callee as usize))) {
                Some((callee, Some(Weight::Unknown))) => next = Some(callee),
                Some((_, known)) => {
                    match known {
                        Some(Weight::Known(more)) => visit.weight = visit.weight.saturating_add(*more),
                        Some(Weight::Open(order)) => visit.low = visit.low.min(*order),
                        _ => {}
                    }
                    visit.callees.pop();
                }
                None => {
                    let Visit { function, weight, order, low, .. } = *visit;
                    visits.pop();
                    if low < order {
                        if let Some(caller) = visits.last_mut() {
                            caller.low = caller.low.min(low);
                        }
                        continue;
                    }
                    let is_alone = open.last() == Some(&function);
                    let first = open.iter().rposition(|one| *one == function).unwrap_or(0);
                    open.drain(first..).for_each(|one| weights[one as usize] = Weight::TooHeavy);
                    if is_alone && weight <= HEAVIEST {
                        weights[function as usize] = Weight::Known(weight);
                    }
                }
            }
        }
    }
    weights.into_iter().map(|weight| matches!(weight, Weight::Known(_))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(functions: &[(u32, &[u32])]) -> Vec<bool> {
        let size = |function: u32| functions[function as usize].0;
        inlinable(functions.len() as u32, size, |function| functions[function as usize].1.to_vec())
    }

    #[test]
    fn small_functions_are_inlined_and_large_ones_are_not() {
        assert_eq!(of(&[(10, &[1]), (301, &[2]), (300, &[])]), [true, false, true]);
    }

    #[test]
    fn what_would_come_along_counts() {
        // 0 calls six of 250, 1 calls five of them; what is too heavy itself does not count.
        let leaf: (u32, &[u32]) = (250, &[]);
        let all = [(10, &[3, 4, 5, 6, 7, 8][..]), (10, &[3, 4, 5, 6, 7]), (10, &[0]), leaf, leaf, leaf, leaf];
        assert_eq!(of(&[&all[..], &[leaf, leaf]].concat())[..3], [false, true, true]);
    }

    #[test]
    fn functions_that_call_each_other_are_not_inlined() {
        // 1, 2 and 3 do, by way of 1; 0 and 4 do not; 5 would if 6 were small.
        let all: [(u32, &[u32]); 7] =
            [(9, &[1]), (9, &[2, 3]), (9, &[1, 4]), (9, &[2]), (9, &[4]), (9, &[6]), (999, &[5])];
        assert_eq!(of(&all), [true, false, false, false, true, true, false]);
        let reversed: Vec<Vec<u32>> =
            all.iter().rev().map(|(_, callees)| callees.iter().map(|callee| 6 - callee).collect()).collect();
        let reversed: Vec<(u32, &[u32])> =
            all.iter().rev().zip(&reversed).map(|((size, _), callees)| (*size, &callees[..])).collect();
        assert_eq!(of(&reversed), [false, true, true, false, false, false, true]);
    }

    #[test]
    fn recursion_and_long_chains_come_to_an_end() {
        assert_eq!(of(&[(10, &[0, 1]), (10, &[]), (10, &[7])]), [true, true, true]);
        let chain: Vec<Vec<u32>> = (1..=100_000).map(|next| vec![next]).collect();
        let all = inlinable(100_000, |_| 100, |function| chain[function as usize].clone());
        // The last one calls nothing that there is; each fifteenth before the heaviest is too heavy and starts anew.
        assert_eq!(all.iter().rev().position(|light| !light), Some(15));
        assert_eq!(all.iter().filter(|light| !**light).count(), 100_000 / 16);
    }
}
