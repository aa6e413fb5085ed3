//! Example values for operators that compare something else than text: for every class into which thresholds, networks
//! and the like cut the values, several spellings of one value of the class.

use std::collections::HashSet;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};

use crate::condition::Decimal;

/// Spellings of values of one class; any of them stands for the class.
pub(super) type Spellings = Vec<String>;

/// The numbers themselves, and one from each gap between, below and above them.
pub(super) fn numbers(thresholds: &[&str]) -> Vec<Spellings> {
    let mut sorted: Vec<(Decimal, &str)> =
        thresholds.iter().filter_map(|text| Some((Decimal::read(text)?, *text))).collect();
    sorted.sort();
    sorted.dedup_by(|left, right| left.0 == right.0);
    // One digit more than any threshold has: adding it to one never reaches the next.
    let digits = sorted.iter().map(|(_, text)| fraction_of(text).len()).max().unwrap_or(0);
    let mut found = Vec::new();
    let bounds = std::iter::once(None).chain(sorted.iter().map(Some)).chain([None]);
    let bounds: Vec<Option<&(Decimal, &str)>> = bounds.collect();
    for pair in bounds.windows(2) {
        let [low, high] = pair else { continue };
        let near = [low, high].into_iter().flatten().flat_map(|(_, text)| neighbours(text, digits));
        let inside = |text: &String| {
            Decimal::read(text).is_some_and(|number| {
                low.is_none_or(|(low, _)| number > *low) && high.is_none_or(|(high, _)| number < *high)
            })
        };
        found.push(std::iter::once("0".to_owned()).chain(near).filter(inside).collect());
        found.extend(high.map(|(_, text)| spellings(text)));
    }
    found
}

fn fraction_of(text: &str) -> &str {
    text.split_once('.').map_or("", |(_, fraction)| fraction)
}

/// The same number, written in other ways.
fn spellings(text: &str) -> Spellings {
    let point = if text.contains('.') { "" } else { "." };
    (0..4)
        .map(|zeros| if zeros == 0 { text.to_owned() } else { format!("{text}{point}{}", "0".repeat(zeros)) })
        .collect()
}

/// Numbers close to `text` on both sides: whole ones first, then as close as to no other threshold.
fn neighbours(text: &str, digits: usize) -> Vec<String> {
    let mut near = Vec::new();
    if let Ok(whole) = text.parse::<i64>() {
        for other in [whole.checked_add(1), whole.checked_sub(1)].into_iter().flatten() {
            near.extend(spellings(&other.to_string()));
        }
    }
    let unsigned = text.trim_start_matches(['-', '+']);
    let whole = unsigned.split('.').next().unwrap_or_default();
    let fraction = fraction_of(unsigned);
    let away = format!("{whole}.{fraction:0<digits$}1");
    let sign = if text.starts_with('-') { "-" } else { "" };
    near.extend(spellings(&format!("{sign}{away}")));
    near.extend(spellings(&format!("-0.{}1", "0".repeat(digits))));
    near.extend(spellings(&format!("0.{}1", "0".repeat(digits))));
    near
}

/// The times themselves, and one from each gap between, before and after them.
pub(super) fn times(thresholds: &[Timestamp]) -> Vec<Spellings> {
    let mut points: Vec<Timestamp> = Vec::new();
    for threshold in thresholds {
        points.push(*threshold);
        for step in [SignedDuration::from_secs(1), SignedDuration::from_nanos(1)] {
            points.extend([threshold.checked_add(step), threshold.checked_sub(step)].into_iter().flatten());
        }
    }
    points.sort_unstable();
    points.dedup();
    points.into_iter().map(|point| vec![point.to_string()]).collect()
}

/// One address for each way in which addresses can lie in some of the networks and outside others.
pub(super) fn addresses(networks: &[IpNet]) -> Vec<Spellings> {
    // Networks nest or are apart, so every region between them begins where one begins or behind one's end.
    let readable = ["203.0.113.7", "198.51.100.7", "2001:db8::7"].iter().filter_map(|text| text.parse().ok());
    let edges = networks
        .iter()
        .flat_map(|network| [Some(network.network()), next(network.broadcast())].into_iter().flatten());
    let lowest = ["0.0.0.0", "::"].iter().filter_map(|text| text.parse().ok());
    let mut seen: HashSet<(bool, Vec<bool>)> = HashSet::new();
    let mut found = Vec::new();
    for address in readable.chain(edges).chain(lowest) {
        let address: IpAddr = address;
        let inside = (
            address.is_ipv4(),
            networks.iter().map(|network| network.contains(&address)).collect::<Vec<bool>>(),
        );
        if seen.insert(inside) {
            found.push(vec![address.to_string()]);
        }
    }
    found
}

fn next(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => u32::from(address).checked_add(1).map(|bits| IpAddr::V4(bits.into())),
        IpAddr::V6(address) => u128::from(address).checked_add(1).map(|bits| IpAddr::V6(bits.into())),
    }
}

/// Base64 texts: each as it stands, and, where its padding leaves bits that do not count, every other spelling.
pub(super) fn base64(texts: &[&str]) -> Vec<Spellings> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut found = vec![vec!["AAAA".to_owned()], vec!["AAAB".to_owned()]];
    for text in texts {
        found.push(vec![(*text).to_owned()]);
        let unpadded = text.trim_end_matches('=');
        if let Some((last, _)) = unpadded.char_indices().next_back().filter(|_| unpadded.len() < text.len()) {
            let (kept, _) = unpadded.split_at(last);
            let padding = "=".repeat(text.len() - unpadded.len());
            found.extend(LETTERS.chars().map(|letter| vec![format!("{kept}{letter}{padding}")]));
        }
    }
    found
}
