//! Letters and digits for identifiers: the same from the same seed, or by chance.
//!
//! Not fit for real secrets: the sandbox listens on loopback only and everything in it is made up.

use uuid::{Builder, Uuid};

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

/// `length` characters by chance.
pub(super) fn random(length: usize) -> String {
    letters(fastrand::u64(..), length)
}

/// A request ID or version ID.
pub(super) fn uuid() -> String {
    Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid().to_string()
}

/// The UUID that belongs to a counter.
pub(super) fn steady_uuid(counter: u64) -> String {
    let bits = scramble(counter);
    Uuid::from_u64_pair(bits, scramble(bits)).to_string()
}
