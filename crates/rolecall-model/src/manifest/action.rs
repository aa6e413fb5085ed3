//! Checks the data actions: what they call, and that no secret stands in their headers.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use super::form::{FilePath, Text};
use super::note::{Notes, Span, names_secret};
use super::raw::{Method, RawAction};
use super::take::{place, take, take_optional};
use super::target::{self, Target};
use super::{Action, Call, Template};

/// The request template that Genesys Cloud's own modules and exports use, and its documentation names as the default.
pub const DEFAULT_REQUEST_TEMPLATE: &str = "${input.rawRequest}";
/// The same of the result.
pub const DEFAULT_SUCCESS_TEMPLATE: &str = "${rawResult}";

/// The actions that are right; the others were reported. `targets` is `None` where some target is wrong, so that an
/// action is not also blamed for naming it.
pub(super) fn check_all(
    raws: Vec<RawAction>,
    targets: Option<&[Target]>,
    notes: &mut Notes<'_>,
) -> Vec<Action> {
    let mut actions: Vec<Action> = Vec::new();
    for raw in raws {
        let span = place(raw.name.as_ref());
        let Some(action) = check(raw, targets, notes) else {
            continue;
        };
        // Genesys Cloud allows equal names; rolecall finds its actions by name.
        if actions.iter().any(|other| other.name == action.name) {
            notes.fault(
                span,
                format!("the action `{}` is listed twice; give one of them another name", action.name),
            );
        }
        actions.push(action);
    }
    actions
}

fn check(raw: RawAction, targets: Option<&[Target]>, notes: &mut Notes<'_>) -> Option<Action> {
    let RawAction {
        name,
        category,
        target,
        url,
        method,
        headers,
        input_schema,
        output_schema,
        timeout_seconds,
        secure,
        request_template,
        request_template_file,
        success_template,
        success_template_file,
        translation_map,
        translation_map_defaults,
        test_input,
    } = raw;
    let has_request_template = request_template.is_some() || request_template_file.is_some();
    let request_template = template(
        "request_template",
        request_template,
        request_template_file,
        DEFAULT_REQUEST_TEMPLATE,
        notes,
    );
    let success_template = template(
        "success_template",
        success_template,
        success_template_file,
        DEFAULT_SUCCESS_TEMPLATE,
        notes,
    );
    let name = take(name, notes);
    let category = take(category, notes);
    let input_schema = take(input_schema, notes);
    let output_schema = take(output_schema, notes);
    let test_input = take_optional(test_input, notes);
    if let Some(method) = &method
        && *method.get_ref() == Method::Get
        && has_request_template
    {
        notes.warn(Some(method.span()), "Genesys Cloud ignores `request_template` with the method `GET`");
    }
    let headers = check_headers(headers.unwrap_or_default(), target.is_some(), notes);
    let method = method.map_or(Method::Post, Spanned::into_inner);
    let call = match (target, url) {
        (Some(text), None) => {
            let reference_place = Some(text.span.clone());
            let reference = take(Some(text), notes);
            let target = reference.and_then(|reference| find(&reference, reference_place, targets, notes));
            target.map(|target| Call::Function { target, method, headers })
        }
        (None, Some(text)) => take(Some(text), notes).map(|url| Call::Url { url, method, headers }),
        // Both or neither was reported when the keys were looked at.
        (Some(_), Some(_)) | (None, None) => None,
    };
    Some(Action {
        name: name?,
        category: category?,
        call: call?,
        input_schema: input_schema?,
        output_schema: output_schema?,
        timeout_seconds: timeout_seconds.unwrap_or(60),
        secure: secure.unwrap_or(false),
        request_template: request_template?,
        success_template: success_template?,
        translation_map: translation_map.unwrap_or_default(),
        translation_map_defaults: translation_map_defaults.unwrap_or_default(),
        test_input: test_input?,
    })
}

/// The template, which stands in the manifest or in a file.
fn template(
    key: &str,
    text: Option<String>,
    file: Option<Text<FilePath>>,
    default: &str,
    notes: &mut Notes<'_>,
) -> Option<Template> {
    match (text, file) {
        (Some(_), Some(file)) => {
            notes.fault(
                Some(file.span),
                format!("`{key}_file` and `{key}` exclude each other; keep one of them"),
            );
            None
        }
        (None, Some(file)) => take(Some(file), notes).map(Template::File),
        (Some(text), None) => Some(Template::Text(text)),
        (None, None) => Some(Template::Text(default.to_owned())),
    }
}

/// The one target that the action means.
fn find(
    reference: &Target,
    place: Span,
    targets: Option<&[Target]>,
    notes: &mut Notes<'_>,
) -> Option<Target> {
    let targets = targets?;
    match reference.find_in(targets).as_slice() {
        [only] => return Some((*only).clone()),
        [] if targets.is_empty() => {
            notes.fault(place, format!("no [[target]] is `{reference}`, and there is no other; add it"));
        }
        [] => {
            let nearest = target::list(&target::nearest(reference, targets));
            notes.fault(place, format!("no [[target]] is `{reference}`; the nearest: {nearest}"));
        }
        several => {
            let list = target::list(several);
            let texts: BTreeSet<String> = several.iter().map(|target| target.reference()).collect();
            // What only differs in the region beside it has no text of its own.
            let way_out = if texts.len() == several.len() {
                "write one of them"
            } else {
                "write its ARN in [[target]] and here"
            };
            notes.fault(place, format!("`{reference}` matches {list}; {way_out}"));
        }
    }
    None
}

fn check_headers(
    headers: BTreeMap<Spanned<String>, Spanned<String>>,
    is_function: bool,
    notes: &mut Notes<'_>,
) -> BTreeMap<String, String> {
    for (key, value) in &headers {
        let name = key.get_ref();
        // RFC 9110, 5.6.2: a field name is a token.
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) {
            notes.fault(
                Some(key.span()),
                format!("`{}` is not the name of an HTTP header", name.escape_debug()),
            );
        } else if names_secret(name) && !value.get_ref().contains("${") {
            // The credential of a function's integration holds the role's ARN and nothing else.
            let instead = match is_function {
                true => "let the function read it from AWS Secrets Manager".to_owned(),
                false => {
                    format!("take it from the integration's credential: `{name} = \"${{credentials.name}}\"`")
                }
            };
            let message =
                format!("the header `{name}` holds a secret, which must not be in this file; {instead}");
            notes.fault(Some(key.span()), message);
        }
        if value.get_ref().contains(['\r', '\n', '\0']) {
            notes.fault(Some(value.span()), format!("the header `{name}` holds a line break"));
        }
    }
    headers.into_iter().map(|(key, value)| (key.into_inner(), value.into_inner())).collect()
}
