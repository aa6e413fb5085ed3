//! `DateEquals` and its kin: a date or a point in time in the W3C's profile of ISO 8601, or seconds since 1970.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Match, Operand, Relation};

/// How a text reads as a date.
enum Reading {
    At(Timestamp),
    /// Four digits: the W3C's profile allows a year alone, and they may be seconds as well.
    Ambiguous,
    Unreadable,
}

fn parse(text: &str) -> Reading {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if text.len() == 4 && digits(text) {
        return Reading::Ambiguous;
    }
    let at = if text.contains('T') {
        parse_time(text)
    } else if text.contains('-') && !text.starts_with('-') {
        let date = if text.len() == 7 { format!("{text}-01") } else { text.to_owned() };
        parse_day(&date)
    } else {
        parse_epoch(text)
    };
    at.map_or(Reading::Unreadable, Reading::At)
}

/// The W3C's profile asks for a time zone wherever there is a time, and lets seconds be left out.
fn parse_time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// A day alone is its first moment in UTC.
fn parse_day(text: &str) -> Option<Timestamp> {
    let date: Date = (text.len() == 10).then(|| text.parse().ok()).flatten()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

fn parse_epoch(text: &str) -> Option<Timestamp> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (seconds, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if seconds.is_empty() || !digits(seconds) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let nanoseconds: i32 = format!("{fraction:0<9}").parse().ok()?;
    let seconds: i64 = seconds.parse().ok()?;
    Timestamp::from_duration(SignedDuration::new(sign * seconds, i32::try_from(sign).ok()? * nanoseconds))
        .ok()
}

/// The time that a text gives, where it gives one without doubt.
pub(crate) fn read_time(text: &str) -> Option<Timestamp> {
    match parse(text) {
        Reading::At(time) => Some(time),
        Reading::Ambiguous | Reading::Unreadable => None,
    }
}

pub(super) fn read(raw: &str) -> Operand {
    match parse(raw) {
        Reading::At(time) => Operand::Date(time),
        Reading::Ambiguous => Operand::Unverified,
        Reading::Unreadable => Operand::Unreadable,
    }
}

pub(super) fn compare(request: &str, date: Timestamp, relation: Relation) -> Match {
    match parse(request) {
        Reading::At(request) => relation.holds(request.cmp(&date)).into(),
        Reading::Ambiguous => Match::Unknown,
        Reading::Unreadable => Match::Unreadable,
    }
}
