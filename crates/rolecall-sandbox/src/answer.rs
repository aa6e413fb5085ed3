//! The body of an answer: whole, or cut off in the middle as by a connection that broke.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

/// Time for the first half to leave before the connection breaks.
const HALF_WAY: Duration = Duration::from_millis(20);

/// The connection is to end without an answer, or in the middle of it.
#[derive(Debug)]
pub(super) struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("dropped on demand")
    }
}

impl std::error::Error for Dropped {}

/// A body that is sent in one piece.
pub(super) struct Answer {
    bytes: Bytes,
    /// What was promised beyond that.
    missing: u64,
    breaks: Option<Pin<Box<Sleep>>>,
}

impl Answer {
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self { bytes, missing: 0, breaks: None }
    }

    /// The first half of it, after which the connection breaks.
    pub(super) fn cut(self) -> Self {
        let half = self.bytes.len() / 2;
        let missing = (self.bytes.len() - half).max(1) as u64;
        Self {
            bytes: self.bytes.slice(..half),
            missing,
            breaks: Some(Box::pin(tokio::time::sleep(HALF_WAY))),
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        if !self.bytes.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.bytes)))));
        }
        match &mut self.breaks {
            None => Poll::Ready(None),
            Some(sleep) => {
                ready!(sleep.as_mut().poll(context));
                Poll::Ready(Some(Err(Dropped)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty() && self.breaks.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.len() as u64 + self.missing)
    }
}
