//! Pages by number, and pages by cursor.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::request::Request;
use crate::wire::Reply;

/// The largest page by number. The API's own limit is not documented everywhere; the Terraform provider never asks for
/// more.
const LARGEST: usize = 100;

/// The page of `items` that `pageSize` and `pageNumber` ask for.
pub(super) fn by_number(request: &Request<'_>, items: Vec<Value>) -> Result<Reply, Refusal> {
    let mut page = without_links(request, items)?;
    let number = |key: &str| page.get(key).and_then(Value::as_u64).unwrap_or_default();
    let (size, number, last) = (number("pageSize"), number("pageNumber"), number("pageCount"));
    let uri = |number: u64| {
        let others =
            request.query.iter().filter(|(key, _)| !["pageSize", "pageNumber"].contains(&key.as_str()));
        let others: String = others.map(|(key, value)| format!("&{key}={}", encode(value))).collect();
        json!(format!("{}?pageSize={size}&pageNumber={number}{others}", request.path))
    };
    let links = [
        ("firstUri", Some(1)),
        ("selfUri", Some(number)),
        ("lastUri", Some(last.max(1))),
        ("nextUri", Some(number + 1).filter(|next| *next <= last)),
        ("previousUri", Some(number - 1).filter(|previous| *previous > 0)),
    ];
    if let Some(page) = page.as_object_mut() {
        page.extend(links.into_iter().filter_map(|(name, number)| Some((name.to_owned(), uri(number?)))));
    }
    Ok(Reply::json(200, &page))
}

/// The same, for the listings whose pages do not say where the others are.
pub(super) fn without_links(request: &Request<'_>, items: Vec<Value>) -> Result<Value, Refusal> {
    let size = request.number("pageSize", 1..=LARGEST)?.unwrap_or(25);
    let number = request.number("pageNumber", 1..=usize::MAX)?.unwrap_or(1);
    let total = items.len();
    let entities: Vec<Value> = items.into_iter().skip((number - 1).saturating_mul(size)).take(size).collect();
    let pages = total.div_ceil(size);
    Ok(
        json!({"entities": entities, "pageSize": size, "pageNumber": number, "total": total, "pageCount": pages}),
    )
}

/// A page that a cursor leads to, and the cursor of the next one.
pub(super) fn by_cursor<T>(
    items: Vec<T>,
    cursor: Option<&str>,
    size: usize,
) -> Result<(Vec<T>, Option<String>), Refusal> {
    let start = match cursor {
        None => 0,
        Some(cursor) => position(cursor).ok_or_else(|| Refusal::bad_request("The cursor is not valid."))?,
    };
    let next = start.saturating_add(size);
    let cursor = (next < items.len()).then(|| BASE64_STANDARD.encode(format!("position={next}")));
    Ok((items.into_iter().skip(start).take(size).collect(), cursor))
}

fn position(cursor: &str) -> Option<usize> {
    String::from_utf8(BASE64_STANDARD.decode(cursor).ok()?).ok()?.strip_prefix("position=")?.parse().ok()
}

/// A value as it stands in a query string.
pub(super) fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
