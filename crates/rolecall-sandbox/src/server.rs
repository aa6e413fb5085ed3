//! The HTTP door: loopback only, HTTP/1.1, one task a connection.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming as Body;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::answer::{Answer, Dropped};
use super::engine::Outcome;
use super::shared::Shared;
use super::wire::{Incoming, Reply};
use super::{control, genesys};

/// The largest body that is read: Lambda's limit for an event.
const LARGEST_BODY: usize = 6 * 1024 * 1024;

/// How long a stalled answer takes; longer than any client waits.
const STALL: Duration = Duration::from_secs(60);

/// How long the answer to a call waits after which something happened: whoever was told of it by another way, such
/// as a process by a signal, hears of it before the answer.
const HEARD: Duration = Duration::from_millis(500);

/// Opens the loopback port; 0 is any free one.
pub(super) fn bind(port: u16) -> std::io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// Serves until it is cancelled; connections end with it.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(stream, Arc::clone(&shared)));
                }
                // Out of file descriptors, or a client that went away: the next one may do better.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    // Small answers must not wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| answer(request, Arc::clone(&shared)));
    // An error here is a client that went away, or a connection dropped on demand.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Body>, shared: Arc<Shared>) -> Result<Response<Answer>, Dropped> {
    let request = match read(request).await {
        Ok(request) => request,
        Err(reply) => return Ok(respond(reply)),
    };
    if let Some(path) = request.path.strip_prefix("/_sandbox/") {
        return Ok(respond(control::handle(path, &request, &shared)));
    }
    let running =
        (shared.in_flight.count(), genesys::serves(&request.path).then(|| shared.to_genesys.count()));
    let latency = Duration::from_millis(shared.engine().faults.latency_ms);
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let (outcome, has_happened) = shared.engine().handle(&request);
    if has_happened {
        tokio::time::sleep(HEARD).await;
    }
    drop(running);
    match outcome {
        Outcome::Reply(reply) => Ok(respond(reply)),
        Outcome::Stall(reply) => {
            tokio::time::sleep(STALL).await;
            Ok(respond(reply))
        }
        Outcome::Truncate(reply) => Ok(respond(reply).map(Answer::cut)),
        Outcome::Drop => Err(Dropped),
    }
}

async fn read(request: Request<Body>) -> Result<Incoming, Reply> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_BODY).collect().await.map_err(|_| Reply::empty(413))?;
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Ok(Incoming {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
        body: body.to_bytes(),
    })
}

fn respond(reply: Reply) -> Response<Answer> {
    let mut builder = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        builder = builder.header(name, value);
    }
    let body = Answer::whole(reply.body);
    let broken = |_| {
        Ok::<_, Infallible>(Response::new(Answer::whole(Bytes::from_static(
            b"the answer has an invalid header",
        ))))
    };
    builder.body(body).or_else(broken).unwrap_or_else(|never| match never {})
}
