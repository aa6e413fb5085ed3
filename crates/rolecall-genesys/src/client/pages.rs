//! Lists, page by page, as streams: the next page is asked for when the one before is used up.
//!
//! Genesys Cloud pages in two ways: by number, with the count of pages in each answer; and by cursor, which stands in
//! the answer itself or in the address of the next page.

use std::collections::VecDeque;

use futures_util::stream::{Stream, try_unfold};
use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::request::Request;
use crate::error::Failure;
use crate::operation::Operation;
use rolecall_model::paging::{Endless, Paging};
use rolecall_model::ports::genesys::{GenesysError, GenesysErrorKind as Kind, GenesysResult};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    // An empty result comes without the list from some endpoints.
    #[serde(default = "VecDeque::new")]
    entities: VecDeque<T>,
    page_count: Option<u32>,
    cursor: Option<String>,
    next_uri: Option<String>,
}

impl<T> Page<T> {
    /// Where the next page begins, by the parameter that names it.
    fn cursor(&self, parameter: &str) -> Option<String> {
        let of_address = || {
            // The address comes without a host; that of the base does not matter.
            let next = Url::parse("https://genesys.invalid").ok()?.join(self.next_uri.as_deref()?).ok()?;
            next.query_pairs().find(|(name, _)| name == parameter).map(|(_, value)| value.into_owned())
        };
        self.cursor.clone().or_else(of_address).filter(|cursor| !cursor.is_empty())
    }
}

fn endless(operation: &Operation, endless: Endless) -> GenesysError {
    Failure::new(operation, Kind::Unreadable, endless.to_string()).error
}

/// What comes next.
enum Next<T> {
    Page(T),
    End,
}

impl<'c> Request<'c> {
    /// The entities of all pages, by number.
    pub fn pages<T: DeserializeOwned + 'c>(self, size: u32) -> impl Stream<Item = GenesysResult<T>> + 'c {
        let request = self.query("pageSize", &size);
        let start = (VecDeque::new(), Next::Page(1_u32), Paging::default());
        try_unfold(start, move |(mut entities, mut next, mut paging)| {
            let request = request.clone();
            async move {
                loop {
                    if let Some(entity) = entities.pop_front() {
                        return Ok(Some((entity, (entities, next, paging))));
                    }
                    let Next::Page(number) = next else { return Ok(None) };
                    let page: Page<T> = request.clone().query("pageNumber", &number).json().await?;
                    let is_last = page.page_count.map_or(page.next_uri.is_none(), |count| number >= count);
                    // A list that shrinks while it is read may end before its count does.
                    next = if is_last || page.entities.is_empty() {
                        Next::End
                    } else {
                        paging.next(Some(number.to_string())).map_err(|it| endless(request.operation, it))?;
                        Next::Page(number + 1)
                    };
                    entities = page.entities;
                }
            }
        })
    }

    /// The entities of all pages, by a cursor that this parameter takes.
    pub fn cursor_pages<T: DeserializeOwned + 'c>(
        self,
        parameter: &'static str,
        size: u32,
    ) -> impl Stream<Item = GenesysResult<T>> + 'c {
        let request = self.query("pageSize", &size);
        let start = (VecDeque::new(), Next::Page(None::<String>), Paging::default());
        try_unfold(start, move |(mut entities, mut next, mut paging)| {
            let request = request.clone();
            async move {
                loop {
                    if let Some(entity) = entities.pop_front() {
                        return Ok(Some((entity, (entities, next, paging))));
                    }
                    let Next::Page(cursor) = next else { return Ok(None) };
                    let request = request.clone();
                    let operation = request.operation;
                    let request = match &cursor {
                        Some(cursor) => request.query(parameter, cursor),
                        None => request,
                    };
                    let page: Page<T> = request.json().await?;
                    let cursor = paging.next(page.cursor(parameter)).map_err(|it| endless(operation, it))?;
                    next = cursor.map_or(Next::End, |cursor| Next::Page(Some(cursor)));
                    entities = page.entities;
                }
            }
        })
    }
}
