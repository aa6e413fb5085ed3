//! A proxy before the sandbox: it collects the secrets that pass, and it can answer with what it should keep to itself.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::hostile;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Caller,
    Assume,
    Secret,
    Login,
    Genesys,
    Lambda,
    Iam,
    Other,
}

impl Place {
    fn of(request: &str) -> Self {
        let is = |text: &str| request.contains(text);
        if is("Action=GetCallerIdentity") {
            Self::Caller
        } else if is("Action=AssumeRole") {
            Self::Assume
        } else if is("secretsmanager.") {
            Self::Secret
        } else if is("/oauth/token") {
            Self::Login
        } else if is("/api/v2/") {
            Self::Genesys
        } else if is("/2015-03-31/") {
            Self::Lambda
        } else if is("Version=2010-05-08") {
            Self::Iam
        } else {
            Self::Other
        }
    }

    /// The sandbox's operations there.
    pub(super) fn operation(self) -> &'static str {
        match self {
            Self::Caller => "sts:GetCallerIdentity",
            Self::Assume => "sts:AssumeRole",
            Self::Secret => "secretsmanager:*",
            Self::Login => "genesys:postOauthToken",
            Self::Genesys => "genesys:get*",
            Self::Lambda => "lambda:*",
            Self::Iam => "iam:*",
            Self::Other => "*",
        }
    }
}

/// What the proxy answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// What the sandbox answers.
    Honest,
    /// A page that quotes the request, as text, as a table in HTML, or as a JSON error.
    Echo(&'static str, Form),
    /// The sandbox's answer as far as its middle, as if it were whole.
    Cut,
    /// The same, and the connection ends there.
    Truncated,
    /// The sandbox's answer as one JSON string.
    Quoted,
    /// The values of the sandbox's answer without their names.
    Values,
    /// The sandbox's answer, and more after its end.
    Trailing,
    /// Nothing.
    Silence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Html,
    Json,
}

#[derive(Default)]
pub(super) struct Seen {
    /// Secrets in requests and in the sandbox's answers.
    pub(super) secrets: BTreeSet<String>,
    pub(super) places: BTreeSet<Place>,
}

pub(super) struct Proxy {
    pub(super) url: String,
    pub(super) seen: Arc<Mutex<Seen>>,
}

impl Proxy {
    /// Answers so at this place; elsewhere it is honest.
    pub(super) fn before(sandbox: &str, place: Place, answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let upstream = sandbox.trim_start_matches("http://").to_owned();
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let noted = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (upstream, seen) = (upstream.clone(), Arc::clone(&noted));
                thread::spawn(move || serve(stream, &upstream, place, answer, &seen));
            }
        });
        Self { url, seen }
    }
}

/// One request; then the connection ends. Errors are a client that has gone.
fn serve(mut stream: TcpStream, upstream: &str, at: Place, answer: Answer, seen: &Mutex<Seen>) -> Option<()> {
    let request = hostile::request(&mut stream)?;
    let text = String::from_utf8_lossy(&request).into_owned();
    let place = Place::of(&text);
    {
        let mut seen = seen.lock().unwrap();
        seen.places.insert(place);
        seen.secrets.extend(of_request(&text));
    }
    let answer = if place == at { answer } else { Answer::Honest };
    match answer {
        Answer::Silence => {
            thread::sleep(Duration::from_secs(20));
            return None;
        }
        Answer::Echo(status, form) => {
            let (kind, body) = echo(&text, form);
            return whole(&mut stream, status, kind, &body);
        }
        Answer::Honest
        | Answer::Cut
        | Answer::Truncated
        | Answer::Quoted
        | Answer::Values
        | Answer::Trailing => {}
    }
    let mut sandbox = TcpStream::connect(upstream).ok()?;
    // Else an answer without a body would leave open where it ends.
    let last = text.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    sandbox.write_all(last.as_bytes()).ok()?;
    let response = String::from_utf8(hostile::response(&mut sandbox)?).ok()?;
    let (head, body) = response.split_once("\r\n\r\n")?;
    seen.lock().unwrap().secrets.extend(of_answer(body));
    let status = head.lines().next()?.strip_prefix("HTTP/1.1 ")?;
    let half = body.get(..body.len() * 2 / 3).unwrap_or(body);
    let kind = if body.starts_with('<') { "text/xml" } else { "application/json" };
    match answer {
        Answer::Honest => {
            let all = format!("{head}\r\nConnection: close\r\n\r\n{body}");
            stream.write_all(all.as_bytes()).ok()
        }
        Answer::Cut => whole(&mut stream, status, kind, half),
        Answer::Truncated => {
            let all = format!("{head}\r\nConnection: close\r\n\r\n{half}");
            stream.write_all(all.as_bytes()).ok()
        }
        Answer::Quoted => whole(&mut stream, status, kind, &Value::from(body).to_string()),
        Answer::Values => whole(&mut stream, status, kind, &values(body)),
        Answer::Trailing => whole(&mut stream, status, kind, &format!("{body} {}", values(body))),
        Answer::Echo(..) | Answer::Silence => None,
    }
}

fn whole(stream: &mut TcpStream, status: &str, kind: &str, body: &str) -> Option<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all((head + body).as_bytes()).ok()
}

/// The values, those first that are no text.
fn values(body: &str) -> String {
    match serde_json::from_str(body) {
        Ok(Value::Object(fields)) => {
            let (texts, others): (Vec<Value>, Vec<Value>) =
                fields.into_iter().map(|(_, value)| value).partition(Value::is_string);
            Value::from([others, texts].concat()).to_string()
        }
        Ok(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) | Err(_) => {
            Value::from(vec![body]).to_string()
        }
    }
}

/// A page that quotes a request.
fn echo(request: &str, form: Form) -> (&'static str, String) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap_or((request, ""));
    let headers: Vec<(&str, &str)> = head.lines().filter_map(|line| line.split_once(": ")).collect();
    match form {
        Form::Text => ("text/plain", format!("Bad gateway. Your request was:\n{head}\n\n{body}")),
        Form::Html => {
            let rows =
                headers.iter().map(|(name, value)| format!("<tr><td>{name}</td><td>{value}</td></tr>"));
            let page = format!(
                "<html><title>Bad gateway</title><table>{}</table>{body}</html>",
                rows.collect::<String>()
            );
            ("text/html", page)
        }
        Form::Json => {
            let fields: serde_json::Map<String, Value> =
                headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
            let quoted = Value::from(fields).to_string();
            let error = json!({"message": format!("bad request: {quoted}"), "code": "bad.request", "errors": [{"message": head}]});
            ("application/json", error.to_string())
        }
    }
}

fn of_request(request: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in request.lines() {
        let Some((name, value)) = line.split_once(": ") else { continue };
        match name.to_ascii_lowercase().as_str() {
            "x-amz-security-token" => found.push(value.to_owned()),
            "authorization" => {
                let last = value.rsplit([' ', '=']).next().unwrap_or(value);
                let scheme = value.strip_prefix("Basic ").or(value.strip_prefix("Bearer "));
                found.push(scheme.unwrap_or(last).to_owned());
            }
            _ => {}
        }
    }
    found
}

fn of_answer(body: &str) -> Vec<String> {
    let between = |start: &str, end: &str| {
        let (_, after) = body.split_once(start)?;
        after.split_once(end).map(|(value, _)| value.to_owned())
    };
    let token = || serde_json::from_str::<Value>(body).ok()?.get("access_token")?.as_str().map(str::to_owned);
    [between("<SecretAccessKey>", "<"), between("<SessionToken>", "<"), token()]
        .into_iter()
        .flatten()
        .collect()
}
