//! A server with recorded answers for the services that the embedded AWS does not play, and for answers that it would
//! not give. What is not recorded goes on to the embedded AWS unchanged, signature and all.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request: the operation in `X-Amz-Target` or the path, and the body.
pub(super) struct Asked {
    pub(super) operation: String,
    pub(super) body: String,
}

type Answers = dyn Fn(&Asked) -> Option<(u16, String)> + Send + Sync;

pub(super) struct Recorded {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Recorded {
    /// Serves until the test ends. `elsewhere` is the endpoint that gets what is not answered.
    pub(super) fn new(
        elsewhere: &str,
        answers: impl Fn(&Asked) -> Option<(u16, String)> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answers: Arc<Answers> = Arc::new(answers);
        let elsewhere = elsewhere.strip_prefix("http://").unwrap().to_owned();
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let (answers, elsewhere, log) = (Arc::clone(&answers), elsewhere.clone(), Arc::clone(&log));
                thread::spawn(move || serve(connection, &*answers, &elsewhere, &log));
            }
        });
        Self { url, asked }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The operations that were answered from the record.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// One request a connection; the answer says that the connection closes.
fn serve(mut connection: TcpStream, answers: &Answers, elsewhere: &str, log: &Mutex<Vec<String>>) {
    let Some((head, body)) = read(&mut connection) else { return };
    let first = head.lines().next().unwrap_or_default();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let target = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("x-amz-target").then(|| value.trim().rsplit('.').next().unwrap().to_owned())
    });
    let asked = Asked { operation: target.unwrap_or(path), body: body.clone() };
    match answers(&asked) {
        Some((status, answer)) => {
            log.lock().unwrap().push(asked.operation);
            let kind = if answer.starts_with('<') { "text/xml" } else { "application/json" };
            let reply = format!(
                "HTTP/1.1 {status} Recorded\r\ncontent-type: {kind}\r\nx-amzn-requestid: recorded\r\n\
                 connection: close\r\ncontent-length: {}\r\n\r\n{answer}",
                answer.len()
            );
            let _ = connection.write_all(reply.as_bytes());
        }
        None => {
            let mut onward = TcpStream::connect(elsewhere).unwrap();
            let head = head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
            onward.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
            let mut reply = Vec::new();
            let _ = onward.read_to_end(&mut reply);
            let _ = connection.write_all(&reply);
        }
    }
    let _ = connection.shutdown(Shutdown::Both);
}

fn read(connection: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, value)| value.trim().parse::<usize>().unwrap());
            if body.len() >= length {
                return Some((head.to_owned(), body.to_owned()));
            }
        }
        match connection.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}
