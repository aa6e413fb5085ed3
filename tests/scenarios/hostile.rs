//! A server between rolecall and the sandbox that answers some requests as no service should, and passes on the others.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// How a request is answered.
#[derive(Clone)]
pub(crate) enum Answer {
    /// Not at all.
    Nothing,
    /// With headers, and then nothing.
    HeadersOnly,
    /// With a byte a second.
    Drip,
    /// With a body that does not end.
    Endless,
    /// With this body, made for the number of the request.
    Page(&'static str, fn(usize) -> String),
    /// With this error.
    Denied(&'static str, fn() -> String),
}

pub(crate) struct Hostile {
    pub(crate) url: String,
    hits: Arc<AtomicUsize>,
}

impl Hostile {
    /// Answers so the requests that contain one of these texts; the others go to the sandbox.
    pub(crate) fn before(sandbox: &str, texts: &'static [&'static str], answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let upstream = sandbox.trim_start_matches("http://").to_owned();
        let hits = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&hits);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (upstream, answer, hits) = (upstream.clone(), answer.clone(), Arc::clone(&counted));
                thread::spawn(move || serve(stream, &upstream, texts, &answer, &hits));
            }
        });
        Self { url, hits }
    }

    /// How many requests were answered so.
    pub(crate) fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }
}

/// One connection, request by request. Errors are a client that has gone.
fn serve(
    mut stream: TcpStream,
    upstream: &str,
    texts: &[&str],
    answer: &Answer,
    hits: &AtomicUsize,
) -> Option<()> {
    loop {
        let request = request(&mut stream)?;
        let text = String::from_utf8_lossy(&request).into_owned();
        if !texts.iter().any(|part| text.contains(part)) {
            let mut sandbox = TcpStream::connect(upstream).ok()?;
            sandbox.write_all(&request).ok()?;
            stream.write_all(&response(&mut sandbox)?).ok()?;
            continue;
        }
        let number = hits.fetch_add(1, Ordering::SeqCst);
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n";
        match answer {
            Answer::Nothing => thread::sleep(Duration::from_secs(600)),
            Answer::HeadersOnly => {
                stream.write_all(format!("{head}Content-Length: 100\r\n\r\n").as_bytes()).ok()?;
                thread::sleep(Duration::from_secs(600));
            }
            Answer::Drip => {
                stream.write_all(format!("{head}Content-Length: 1000\r\n\r\n").as_bytes()).ok()?;
                loop {
                    stream.write_all(b" ").ok()?;
                    thread::sleep(Duration::from_secs(1));
                }
            }
            Answer::Endless => {
                stream.write_all(format!("{head}Content-Length: 9999999999\r\n\r\n").as_bytes()).ok()?;
                let chunk = vec![b' '; 1 << 20];
                loop {
                    stream.write_all(&chunk).ok()?;
                }
            }
            Answer::Page(kind, page) => whole(&mut stream, "200 OK", kind, &page(number))?,
            Answer::Denied(kind, error) => whole(&mut stream, "403 Forbidden", kind, &error())?,
        }
    }
}

/// An answer that is whole.
fn whole(stream: &mut TcpStream, status: &str, kind: &str, body: &str) -> Option<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all((head + body).as_bytes()).ok()
}

/// A request to its end.
pub(super) fn request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    message(stream, None)
}

/// A response to its end.
pub(super) fn response(stream: &mut TcpStream) -> Option<Vec<u8>> {
    message(stream, Some(()))
}

fn message(stream: &mut TcpStream, until_closed: Option<()>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 65536];
    loop {
        if let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
            match (length, until_closed) {
                (Some(length), _) if bytes.len() >= head + 4 + length.trim().parse::<usize>().unwrap() => {
                    return Some(bytes);
                }
                (None, None) => return Some(bytes),
                (Some(_) | None, _) => {}
            }
        }
        match stream.read(&mut chunk).ok()? {
            0 => return until_closed.filter(|()| !bytes.is_empty()).map(|()| bytes),
            read => bytes.extend_from_slice(&chunk[..read]),
        }
    }
}
