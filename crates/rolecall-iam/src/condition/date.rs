//! `DateEquals` and its kin: a day or a point in time in the W3C's profile of ISO 8601, or seconds since 1970 (IAM User
//! Guide, "Date condition operators"; W3C, "Date and Time Formats").
//!
//! Only what the profile writes is read. It asks for a time zone wherever there is a time. A month or a year alone is in
//! the profile, but no moment; and a number that could be milliseconds, or a date without hyphens, is not documented.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Match, Operand, Relation};

/// Seconds from 1973 to 2286. Fewer digits are also dates in other forms of ISO 8601, more are milliseconds of our time.
const DIGITS_OF_SECONDS: [usize; 2] = [9, 10];

/// The time that a text gives, where it gives one without doubt.
pub(crate) fn read_time(text: &str) -> Option<Timestamp> {
    // The places of its digits tell the form of a date.
    let shape: String =
        text.chars().map(|character| if character.is_ascii_digit() { '0' } else { character }).collect();
    if DIGITS_OF_SECONDS.contains(&text.len()) && shape.bytes().all(|byte| byte == b'0') {
        return Timestamp::from_second(text.parse().ok()?).ok();
    }
    if shape == "0000-00-00" {
        // A day alone is its first moment in UTC.
        return Some(text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    }
    let without_zone = shape.strip_suffix('Z').or_else(|| {
        let hours = text.get(text.len().checked_sub(5)?..)?.get(..2)?;
        let zone = shape.strip_suffix("+00:00").or_else(|| shape.strip_suffix("-00:00"));
        zone.filter(|_| hours <= FURTHEST_ZONE)
    })?;
    let seconds = without_zone.strip_prefix("0000-00-00T00:00")?;
    let is_documented = match seconds.strip_prefix(":00") {
        // jiff takes a leap second for the second before it; what AWS does is not documented.
        Some(_) if text.get(17..19) == Some("60") => false,
        Some("") => true,
        Some(fraction) => {
            let digits = fraction.strip_prefix('.').unwrap_or_default();
            !digits.is_empty() && digits.bytes().all(|byte| byte == b'0')
        }
        None => seconds.is_empty(),
    };
    if is_documented { text.parse().ok() } else { None }
}

/// The time zone that is furthest from UTC, in hours (`Pacific/Kiritimati`).
const FURTHEST_ZONE: &str = "14";

pub(super) fn read(raw: &str) -> Operand {
    read_time(raw).map_or(Operand::Undocumented, Operand::Date)
}

pub(super) fn compare(request: &str, date: Timestamp, relation: Relation) -> Match {
    read_time(request).map_or(Match::Undocumented, |request| relation.holds(request.cmp(&date)).into())
}
