//! `BinaryEquals`: bytes, written in base64 (RFC 4648) in the document and in the request.

use super::{Match, Operand};

pub(super) fn read(raw: &str) -> Operand {
    decode(raw).map_or(Operand::Unreadable, Operand::Bytes)
}

pub(super) fn equals(request: &str, bytes: &[u8]) -> Match {
    decode(request).map_or(Match::Unreadable, |request| (request == bytes).into())
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let unpadded = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - unpadded.len() > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for group in unpadded.as_bytes().chunks(4) {
        let mut bits = 0_u32;
        for byte in group {
            bits = bits << 6 | sextet(*byte)?;
        }
        // A last group of n letters carries n - 1 bytes; its letters fill the 24 bits from the left.
        bits <<= 6 * (4 - group.len());
        let [_, first, second, third] = bits.to_be_bytes();
        bytes.extend([first, second, third].iter().take(group.len() - 1));
    }
    Some(bytes)
}

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value.into())
}
