//! Letters and digits for identifiers: the same from the same seed, or by chance.
//!
//! Not fit for real secrets: the sandbox listens on loopback only and everything in it is made up.

use std::hash::{BuildHasher, Hasher, RandomState};

const BASE_32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Spreads a counter over 64 bits (the finaliser of splitmix64, public domain).
pub(super) fn scramble(counter: u64) -> u64 {
    let mut bits = counter.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// `length` characters of AWS's alphabet for identifiers.
pub(super) fn letters(seed: u64, length: usize) -> String {
    let mut text = String::with_capacity(length);
    let mut bits = seed;
    for position in 0..length {
        if position % 12 == 11 {
            bits = scramble(seed.wrapping_add(position as u64));
        }
        text.extend(BASE_32.get((bits % 32) as usize).map(|byte| char::from(*byte)));
        bits /= 32;
    }
    text
}

/// `length` characters by chance: each hasher of the standard library starts from other keys.
pub(super) fn random(length: usize) -> String {
    letters(RandomState::new().build_hasher().finish(), length)
}

/// A request ID or version ID in the shape of a UUID.
pub(super) fn uuid() -> String {
    uuid_of([RandomState::new().build_hasher().finish(), RandomState::new().build_hasher().finish()])
}

/// 128 bits in the shape of a UUID.
pub(super) fn uuid_of(bits: [u64; 2]) -> String {
    let hex = format!("{:016x}{:016x}", bits[0], bits[1]);
    let mut text = String::with_capacity(36);
    for (position, digit) in hex.chars().enumerate() {
        if [8, 12, 16, 20].contains(&position) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}
