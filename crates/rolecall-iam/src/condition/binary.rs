//! `BinaryEquals`: bytes, written in base64 (RFC 4648) in the document and in the request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Match, Operand};

pub(super) fn read(raw: &str) -> Operand {
    decode(raw).map_or(Operand::Undocumented, Operand::Bytes)
}

pub(super) fn equals(request: &str, bytes: &[u8]) -> Match {
    decode(request).map_or(Match::Undocumented, |request| (request == bytes).into())
}

fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}
