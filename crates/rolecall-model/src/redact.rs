//! Takes secrets out of what others say.
//!
//! A proxy, a debug page or AWS itself may quote the request that it refuses: AWS answers a wrong signature with the canonical
//! request, which has the session token in it. So every text of a service that becomes a message, a log line or verbose output goes
//! through [`redact`] first, before it is cut, because half of a secret is no longer recognized.
//!
//! What is known is replaced wherever it stands, also as it is written in a URL or in JSON. What is not known is recognized by
//! the name in front of it. Too much is taken rather than too little.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

/// What stands in the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Names, in lower case, whose value runs to the end of the line or of the quotation.
const LINES: [&str; 2] = ["authorization", "cookie"];

/// Names, in lower case, whose value is one word.
const WORDS: [&str; 10] = [
    "x-amz-security-token",
    "x-amz-signature",
    "client_secret",
    "access_token",
    "refresh_token",
    "secretaccesskey",
    "secret_access_key",
    "sessiontoken",
    "session_token",
    "securitytoken",
];

/// Schemes of credentials that are one word.
const SCHEMES: [&str; 2] = ["basic", "bearer"];

/// The shortest secret that is looked for: a shorter one is found everywhere.
const SHORTEST: usize = 4;

/// The text without these secrets, and without the values of headers and fields that hold one.
pub fn redact(text: &str, secrets: &[SecretString]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().map(ExposeSecret::expose_secret).filter(|it| it.len() >= SHORTEST) {
        let encoded = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        let json = serde_json::Value::from(secret).to_string();
        for form in [secret, encoded.as_str(), json.trim_matches('"')] {
            text = text.replace(form, REDACTED);
        }
    }
    logins(&schemes(&named(&text)))
}

/// What somebody gave as an address, without the name and the password before its host and without its query. It may be no address
/// at all, so nothing is parsed: whatever stands before the last `@` is taken out.
pub fn address(given: &str) -> String {
    let (scheme, rest) = match given.split_once("://") {
        Some((scheme, rest)) if !scheme.contains('@') => (format!("{scheme}://"), rest),
        Some(_) | None => (String::new(), given),
    };
    let (login, rest) = match rest.rsplit_once('@') {
        Some((_, host)) => (format!("{REDACTED}@"), host),
        None => (String::new(), rest),
    };
    let (place, query) = match rest.find(['?', '#']).and_then(|at| rest.split_at_checked(at)) {
        Some((place, query)) => (place, format!("{}{REDACTED}", query.get(..1).unwrap_or_default())),
        None => (rest, String::new()),
    };
    format!("{scheme}{login}{place}{query}")
}

/// A text without the names and passwords in its addresses.
pub fn logins(text: &str) -> String {
    let mut parts = text.split("://");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|it: char| it.is_whitespace() || "\"'`<>".contains(it)).unwrap_or(part.len());
        let (address, rest) = part.split_at_checked(end).unwrap_or((part, ""));
        kept += "://";
        match address.rsplit_once('@') {
            Some((_, host)) => kept.extend([REDACTED, "@", host]),
            None => kept += address,
        }
        kept += rest;
    }
    kept
}

/// Without the values that have a name in front of them.
fn named(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    let names = || LINES.iter().map(|name| (*name, true)).chain(WORDS.iter().map(|name| (*name, false)));
    loop {
        let rest = lower.get(from..).unwrap_or_default();
        let next = names().filter_map(|(name, is_line)| Some((rest.find(name)?, name.len(), is_line))).min();
        let Some((at, length, is_line)) = next else { break };
        let end = from + at + length;
        kept.push_str(text.get(from..end).unwrap_or_default());
        from = end;
        let after = text.get(end..).unwrap_or_default();
        let Some(skipped) = separator(after) else { continue };
        let scheme = after.get(skipped..).and_then(scheme).filter(|_| is_line);
        let skipped = skipped + scheme.unwrap_or_default();
        let value = after.get(skipped..).unwrap_or_default();
        let hidden = if value.starts_with(REDACTED) {
            REDACTED.len()
        } else if is_line && scheme.is_none() {
            line(value)
        } else {
            word(value)
        };
        kept.push_str(after.get(..skipped).unwrap_or_default());
        from = end + skipped;
        if hidden > 0 {
            kept.push_str(REDACTED);
            from += hidden;
        }
    }
    kept + text.get(from..).unwrap_or_default()
}

/// How long what stands between a name and its value is; `None` where it is a name in a sentence.
fn separator(text: &str) -> Option<usize> {
    let mut rest = text;
    let mut is_value = false;
    loop {
        if rest.starts_with(REDACTED) {
            return is_value.then(|| text.len() - rest.len());
        }
        let after = if let Some(after) = rest.strip_prefix('<') {
            after.split_once('>').map(|(_, after)| after)
        } else if let Some(entity) =
            ["&quot;", "&#34;", "&#39;", "&apos;"].iter().find(|it| rest.starts_with(**it))
        {
            rest.get(entity.len()..)
        } else if let Some(after) = ["%3a", "%3A", "%3d", "%3D"].iter().find_map(|it| rest.strip_prefix(*it))
        {
            is_value = true;
            Some(after)
        } else {
            let first = rest.chars().next()?;
            is_value |= matches!(first, ':' | '=' | '[');
            // A pair, as Python prints it.
            is_value |= first == ',' && text.starts_with(['"', '\'']);
            matches!(first, ':' | '=' | '[' | '(' | '{' | '"' | '\'' | '\\' | ',' | ' ' | '\t')
                .then(|| rest.get(first.len_utf8()..))
                .flatten()
        };
        is_value |= rest.starts_with('<');
        match after {
            Some(after) => rest = after,
            None => return is_value.then(|| text.len() - rest.len()),
        }
    }
}

/// The length of a value that ends with its line or its quotation.
fn line(value: &str) -> usize {
    value.find(['\n', '\r', '"', '\'', '<', '\\']).unwrap_or(value.len())
}

/// The length of a value that is one word.
fn word(value: &str) -> usize {
    let ends = |character: char| character.is_whitespace() || "\"'<\\&,;})]".contains(character);
    value.find(ends).unwrap_or(value.len())
}

/// The length of a scheme and the space after it.
fn scheme(value: &str) -> Option<usize> {
    let (first, _) = value.split_once([' ', '+'])?;
    SCHEMES.iter().any(|scheme| first.eq_ignore_ascii_case(scheme)).then_some(first.len() + 1)
}

/// Without credentials that have only their scheme in front of them.
fn schemes(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut after_scheme = false;
    for word in text.split_inclusive(char::is_whitespace) {
        let length = word.find(|it: char| !(it.is_ascii_alphanumeric() || "+/=._~-".contains(it)));
        let (credential, rest) = word.split_at(length.unwrap_or(word.len()));
        if after_scheme && is_credential(credential) {
            kept.extend([REDACTED, rest]);
        } else {
            kept.push(word);
        }
        let name = word.trim().rsplit(|it: char| !it.is_ascii_alphanumeric()).next();
        after_scheme =
            name.is_some_and(|name| SCHEMES.iter().any(|scheme| name.eq_ignore_ascii_case(scheme)));
    }
    kept.concat()
}

/// Whether a word looks like a token or like base64, and not like a word of a sentence.
fn is_credential(word: &str) -> bool {
    word.len() >= 12 && word.bytes().any(|byte| byte.is_ascii_digit() || b"+/=".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_quote_is_taken_out() {
        for (text, redacted) in [
            ("Authorization: Basic aWQ6c2VjcmV0", "Authorization: Basic [redacted]"),
            ("authorization:Bearer abc.def try again", "authorization:Bearer [redacted] try again"),
            (
                "{\"headers\":{\"Authorization\":\"Basic aWQ6c2VjcmV0\",\"host\":\"x\"}}",
                "{\"headers\":{\"Authorization\":\"Basic [redacted]\",\"host\":\"x\"}}",
            ),
            (
                "<td>Authorization</td><td>Basic aWQ6c2VjcmV0</td>",
                "<td>Authorization</td><td>Basic [redacted]</td>",
            ),
            ("('authorization', 'Basic aWQ6c2VjcmV0')", "('authorization', 'Basic [redacted]')"),
            (
                "Authorization=AWS4-HMAC-SHA256 Credential=AKIA/x, SignedHeaders=host, Signature=0a\nHost: x",
                "Authorization=[redacted]\nHost: x",
            ),
            (
                "The Canonical String should have been\n'POST\n/\n\nhost:x\nx-amz-security-token:IQoJ/b3==\n\nhost",
                "The Canonical String should have been\n'POST\n/\n\nhost:x\nx-amz-security-token:[redacted]\n\nhost",
            ),
            (
                "/?X-Amz-Security-Token=IQoJ%2F&X-Amz-Signature=0a&a=b",
                "/?X-Amz-Security-Token=[redacted]&X-Amz-Signature=[redacted]&a=b",
            ),
            ("client_secret%3Dabc", "client_secret%3D[redacted]"),
            ("{\\\"access_token\\\":\\\"abc\\\"}", "{\\\"access_token\\\":\\\"[redacted]\\\"}"),
            ("map[Authorization:[Bearer abc] Host:[x]]", "map[Authorization:[Bearer [redacted]] Host:[x]]"),
            ("Cookie: a=b; c=d\nnext", "Cookie: [redacted]\nnext"),
            ("sent Bearer abcdef-0123456789, and", "sent Bearer [redacted], and"),
            ("<pre>Basic aWQ6c2VjcmV0MTIz</pre>", "<pre>Basic [redacted]</pre>"),
        ] {
            assert_eq!(redact(text, &[]), redacted);
            assert_eq!(redact(redacted, &[]), redacted, "twice is once");
        }
    }

    #[test]
    fn an_address_is_shown_without_what_lets_somebody_in() {
        for (given, shown) in [
            ("https://user:hunter2@api.mypurecloud.com", "https://[redacted]@api.mypurecloud.com"),
            ("https://user:hun/ter2@host/path", "https://[redacted]@host/path"),
            ("https://user:hun ter2@host", "https://[redacted]@host"),
            ("https://user:hun?ter2@host", "https://[redacted]@host"),
            ("https://user:hun@ter2@host", "https://[redacted]@host"),
            ("user:hunter2@host", "[redacted]@host"),
            ("user:http://hunter2@host", "user:http://[redacted]@host"),
            ("https://host/?token=hunter2", "https://host/?[redacted]"),
            ("https://host/#hunter2", "https://host/#[redacted]"),
            ("us-esat-1", "us-esat-1"),
            ("https://api.example.com:8443/a", "https://api.example.com:8443/a"),
        ] {
            assert_eq!(address(given), shown);
            assert_eq!(address(shown), shown, "twice is once");
        }
        for (text, shown) in [
            (
                "cannot reach `http://user:hunter2@proxy:8080`, or http://b@c.",
                "cannot reach `http://[redacted]@proxy:8080`, or http://[redacted]@c.",
            ),
            ("https://host/a, ask a@b.c", "https://host/a, ask a@b.c"),
        ] {
            assert_eq!(redact(text, &[]), shown);
            assert_eq!(redact(shown, &[]), shown, "twice is once");
        }
    }

    #[test]
    fn sentences_stay_as_they_are() {
        for text in [
            "Basic authentication is not supported",
            "the answer has no `access_token`",
            "missing field `access_token` at line 1 column 2",
            "User: arn:aws:iam::123456789012:user/x is not authorized to perform: iam:GetRole",
            "authorization failed",
            "no authorization, no answer",
            "Authorization header requires a signature",
            "ünïcode <html> & \"quotes\"",
        ] {
            assert_eq!(redact(text, &[]), text);
        }
    }

    #[test]
    fn a_known_secret_is_taken_out_in_every_form() {
        let secrets = ["a/b+c d\"e".to_owned().into(), "xy".to_owned().into()];
        for text in ["it was a/b+c d\"e", "it was a%2Fb%2Bc%20d%22e", "it was a/b+c d\\\"e"] {
            assert_eq!(redact(text, &secrets), "it was [redacted]");
        }
        assert_eq!(redact("xyz", &secrets), "xyz", "two letters are no secret");
    }
}
