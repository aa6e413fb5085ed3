//! Lists that come page by page: the one place that decides whether there is a next page.
//!
//! A list ends. A marker that comes a second time, and a list longer than any that a service keeps, are errors at once:
//! whoever answers so would be asked for ever.

use std::collections::HashSet;

/// The most pages of a list. IAM keeps 5,000 roles and 5,000 policies at most in an account (IAM and STS quotas), Lambda
/// lists 50 functions a page; 2,000 pages are 100,000 functions, far more than fit into the 75 GB of code that an
/// account has in a region by default.
pub const MOST_PAGES: usize = 2_000;

/// How far the reading of a list is.
#[derive(Debug, Default)]
pub struct Paging {
    seen: HashSet<String>,
}

/// A list that does not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Endless {
    /// The same marker came again.
    #[error("the list does not end: the same page marker came twice")]
    Repeated,
    /// There are more pages than any list has.
    #[error("the list does not end: more than {MOST_PAGES} pages came")]
    TooLong,
}

impl Paging {
    /// The marker of the next page; `None` at the end of the list. An empty marker is none.
    pub fn next(&mut self, marker: Option<String>) -> Result<Option<String>, Endless> {
        let Some(marker) = marker.filter(|marker| !marker.is_empty()) else { return Ok(None) };
        if !self.seen.insert(marker.clone()) {
            return Err(Endless::Repeated);
        }
        if self.seen.len() >= MOST_PAGES {
            return Err(Endless::TooLong);
        }
        Ok(Some(marker))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_ends_without_a_marker() {
        let mut paging = Paging::default();
        assert_eq!(paging.next(Some("a".to_owned())), Ok(Some("a".to_owned())));
        assert_eq!(paging.next(Some(String::new())), Ok(None));
        assert_eq!(paging.next(None), Ok(None));
    }

    #[test]
    fn a_marker_that_comes_again_is_an_error_whenever_it_came() {
        let mut paging = Paging::default();
        for marker in ["a", "b", "c"] {
            assert!(paging.next(Some(marker.to_owned())).is_ok());
        }
        assert_eq!(paging.next(Some("b".to_owned())), Err(Endless::Repeated));
    }

    #[test]
    fn fresh_markers_do_not_go_on_for_ever() {
        let mut paging = Paging::default();
        let failed = (0..).find_map(|page| Some((page, paging.next(Some(page.to_string())).err()?)));
        assert_eq!(failed, Some((MOST_PAGES - 1, Endless::TooLong)));
    }
}
