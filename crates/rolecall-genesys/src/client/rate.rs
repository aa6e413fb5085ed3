//! Staying under the rate limit, by what the answers say of it: `inin-ratelimit-count` requests of
//! `inin-ratelimit-allowed` are used, and the count starts over in `inin-ratelimit-reset` seconds.
//!
//! Some endpoints have lower limits of their own; the headers do not say which limit they speak of. The last answer
//! counts here, and what that misses the service refuses with 429, which is waited out.
//!
//! Deliberately not governor: its quota is fixed, and counts what this process sends. Here the answers say how much others
//! have used of the limit, and when it starts over.

use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::time::Instant;

/// How far one `reset` may be from another of the same window: they are whole seconds.
const ROUNDING: Duration = Duration::from_secs(2);

/// What is known of the limit.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RateLimit(Option<Window>);

#[derive(Clone, Copy, Debug)]
struct Window {
    used: u32,
    allowed: u32,
    ends: Instant,
}

impl RateLimit {
    /// How long to wait before the next request.
    pub(super) fn pause(&self, now: Instant) -> Option<Duration> {
        let window = self.0.filter(|window| window.used >= window.allowed && window.ends > now)?;
        Some(window.ends - now)
    }

    /// Counts a request whose answer, and with it the next count, is still to come.
    pub(super) fn sent(&mut self) {
        if let Some(window) = &mut self.0 {
            window.used = window.used.saturating_add(1);
        }
    }

    /// Takes over what an answer says.
    pub(super) fn learn(&mut self, headers: &HeaderMap, now: Instant) {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u32>().ok();
        let (Some(used), Some(allowed), Some(reset)) = (
            number("inin-ratelimit-count"),
            number("inin-ratelimit-allowed"),
            number("inin-ratelimit-reset"),
        ) else {
            return;
        };
        let ends = now + Duration::from_secs(reset.into());
        self.0 = Some(match self.0 {
            // An answer that was overtaken by a later one counts less.
            Some(known) if known.ends > now && ends < known.ends + ROUNDING => {
                Window { used: known.used.max(used), allowed, ends: known.ends.max(ends) }
            }
            Some(_) | None => Window { used, allowed, ends },
        });
    }

    /// Requests used and allowed, and the seconds until the count starts over.
    pub(super) fn state(&self, now: Instant) -> Option<(u32, u32, u64)> {
        self.0.map(|Window { used, allowed, ends }| (used, allowed, ends.duration_since(now).as_secs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(count: &str, allowed: &str, reset: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("inin-ratelimit-count", count.parse().unwrap());
        headers.insert("inin-ratelimit-allowed", allowed.parse().unwrap());
        headers.insert("inin-ratelimit-reset", reset.parse().unwrap());
        headers
    }

    #[test]
    fn the_last_request_of_a_window_is_not_passed() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut limit = RateLimit::default();
        assert_eq!(limit.pause(start), None, "nothing is known yet");
        limit.learn(&headers("298", "300", "30"), start);
        limit.sent();
        assert_eq!(limit.pause(start), None);
        limit.sent();
        assert_eq!(limit.pause(start), Some(30 * second));
        // The answer to the first of the two comes late and knows less.
        limit.learn(&headers("299", "300", "29"), start + second);
        assert_eq!(limit.pause(start + second), Some(29 * second));
        assert_eq!(limit.pause(start + 30 * second), None, "the window has passed");
        limit.learn(&headers("1", "300", "60"), start + 31 * second);
        assert_eq!(limit.state(start + 31 * second), Some((1, 300, 60)));
    }

    #[test]
    fn what_is_not_a_number_says_nothing() {
        let mut limit = RateLimit::default();
        for (count, allowed, reset) in [("300", "300", "soon"), ("-1", "300", "60"), ("300", "", "60")] {
            limit.learn(&headers(count, allowed, reset), Instant::now());
        }
        limit.learn(&HeaderMap::new(), Instant::now());
        assert_eq!(limit.pause(Instant::now()), None);
    }
}
