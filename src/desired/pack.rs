//! Many targets → the fewest policies that IAM's size quota allows, with as little moved as possible. Pure.
//!
//! A target stays in the policy that holds it now. New targets fill the policies that have room, in order, before another
//! policy is begun; a policy without targets is not packed and so goes away. Only where that would take more policies
//! than fit on the role is everything packed anew.

use std::collections::{HashMap, HashSet};

use crate::iam::arn::{FunctionArn, PolicyName};

/// A policy by name and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bin {
    /// The policy's name.
    pub name: PolicyName,
    /// The functions that it allows.
    pub targets: Vec<FunctionArn>,
}

/// How much fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Characters of a policy that are left for targets.
    pub characters: usize,
    /// Characters that every target takes beside its ARN: quotes and comma, once for each place in the template.
    pub around_each: usize,
    /// How often the template repeats the targets.
    pub repeats: usize,
    /// How many policies fit on the role.
    pub policies: usize,
}

impl Room {
    fn cost(&self, target: &FunctionArn) -> usize {
        self.repeats * target.to_string().chars().count() + self.around_each
    }
}

/// Packs the targets. `current` are the policies that are there; `name` gives the n-th policy's name, from 0.
pub fn pack(
    targets: &[FunctionArn],
    current: &[Bin],
    room: Room,
    name: impl Fn(usize) -> PolicyName,
) -> Vec<Bin> {
    let stable = fill(targets, current, room, &name);
    if stable.len() <= room.policies {
        return stable;
    }
    let anew = fill(targets, &[], room, &name);
    if anew.len() < stable.len() { anew } else { stable }
}

fn fill(
    targets: &[FunctionArn],
    current: &[Bin],
    room: Room,
    name: impl Fn(usize) -> PolicyName,
) -> Vec<Bin> {
    let wanted: HashSet<&FunctionArn> = targets.iter().collect();
    let mut placed = HashSet::new();
    let mut open: Vec<(Bin, usize)> = Vec::new();
    for bin in current {
        let mut kept = (Bin { name: bin.name.clone(), targets: Vec::new() }, 0);
        for target in bin.targets.iter().filter(|target| wanted.contains(target)) {
            let used = kept.1 + room.cost(target);
            if used <= room.characters && placed.insert(target) {
                kept.0.targets.push(target.clone());
                kept.1 = used;
            }
        }
        open.push(kept);
    }
    // Where the policies before are full, they stay full for every later target of the same length or more.
    let mut first_with_room: HashMap<usize, usize> = HashMap::new();
    for target in targets.iter().filter(|target| !placed.contains(target)) {
        let cost = room.cost(target);
        let start = first_with_room.get(&cost).copied().unwrap_or_default();
        let fits = |(_, used): &(Bin, usize)| used + cost <= room.characters;
        let index = open.iter().skip(start).position(fits).map_or(open.len(), |index| index + start);
        first_with_room.insert(cost, index);
        match open.get_mut(index) {
            Some((bin, used)) => {
                bin.targets.push(target.clone());
                *used += cost;
            }
            None => {
                let taken = |candidate: &PolicyName| open.iter().any(|(bin, _)| bin.name == *candidate);
                // There are more numbers than policies, so one is free.
                let free = (0..=open.len())
                    .map(&name)
                    .find(|candidate| !taken(candidate))
                    .unwrap_or_else(|| name(index));
                open.push((Bin { name: free, targets: vec![target.clone()] }, cost));
            }
        }
    }
    open.into_iter().map(|(bin, _)| bin).filter(|bin| !bin.targets.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROOM: Room = Room { characters: 1000, around_each: 3, repeats: 1, policies: 10 };

    fn target(index: usize) -> FunctionArn {
        format!("arn:aws:lambda:us-east-1:123456789012:function:genesys-fn-{index:04}").parse().unwrap()
    }

    fn targets(count: usize) -> Vec<FunctionArn> {
        (0..count).map(target).collect()
    }

    fn name(index: usize) -> PolicyName {
        format!("policy-{}", index + 1).parse().unwrap()
    }

    fn is_right(targets: &[FunctionArn], bins: &[Bin], room: Room) {
        let mut packed: Vec<_> = bins.iter().flat_map(|bin| bin.targets.clone()).collect();
        packed.sort();
        let mut wanted = targets.to_vec();
        wanted.sort();
        assert_eq!(packed, wanted, "each target is in exactly one policy");
        for bin in bins {
            let used: usize = bin.targets.iter().map(|target| room.cost(target)).sum();
            assert!(used <= room.characters || bin.targets.len() == 1, "{bin:?}");
            assert!(!bin.targets.is_empty());
        }
        let names: HashSet<_> = bins.iter().map(|bin| &bin.name).collect();
        assert_eq!(names.len(), bins.len());
    }

    #[test]
    fn few_targets_are_one_policy_and_many_are_the_fewest() {
        assert_eq!(pack(&targets(3), &[], ROOM, name).len(), 1);
        let bins = pack(&targets(100), &[], ROOM, name);
        is_right(&targets(100), &bins, ROOM);
        let each = ROOM.cost(&target(0));
        assert_eq!(bins.len(), 100usize.div_ceil(ROOM.characters / each));
        assert_eq!(bins[1].name.as_str(), "policy-2");
    }

    #[test]
    fn one_more_or_one_less_touches_one_policy() {
        let before = pack(&targets(100), &[], ROOM, name);
        let mut fewer = targets(100);
        fewer.remove(40);
        let after = pack(&fewer, &before, ROOM, name);
        assert_eq!(before.iter().zip(&after).filter(|(one, other)| one != other).count(), 1);
        let more = pack(&targets(101), &before, ROOM, name);
        assert_eq!(
            before.iter().zip(&more).filter(|(one, other)| one != other).count() + more.len() - before.len(),
            1
        );
    }

    #[test]
    fn too_many_half_empty_policies_are_packed_anew() {
        let bins: Vec<_> =
            (0..20).map(|index| Bin { name: name(index), targets: vec![target(index)] }).collect();
        let packed = pack(&targets(20), &bins, Room { policies: 5, ..ROOM }, name);
        is_right(&targets(20), &packed, ROOM);
        assert!(packed.len() <= 2, "{}", packed.len());
    }

    proptest! {
        #[test]
        fn every_packing_holds_each_target_once(
            wanted in prop::collection::btree_set(0usize..60, 1..40),
            held in prop::collection::vec(prop::collection::vec(0usize..80, 0..20), 0..6),
        ) {
            let wanted: Vec<_> = wanted.into_iter().map(target).collect();
            let current: Vec<_> = held.into_iter().enumerate().map(|(index, held)| Bin {
                name: name(index),
                targets: held.into_iter().map(target).collect(),
            }).collect();
            let packed = pack(&wanted, &current, ROOM, name);
            is_right(&wanted, &packed, ROOM);
            prop_assert_eq!(&pack(&wanted, &packed, ROOM, name), &packed, "packing again moves nothing");
        }
    }
}
