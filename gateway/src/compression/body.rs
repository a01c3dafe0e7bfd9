//! Bodies that are compressed as they pass.

use std::{
    io, mem,
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http::HeaderMap;
use hyper::body::Frame;

use super::encoder::Encoder;

/// The most bytes that are compressed before other tasks of the thread have their turn: a third of a
/// millisecond.
const PIECE: usize = 16 * 1024;

/// The compressed form of a body. Nothing is held back: when the body pauses, what came of it is sent.
pub struct CompressedBody {
    body: Body,
    /// `None` after the end.
    encoder: Option<Encoder>,
    /// What was received and not compressed yet.
    rest: Bytes,
    /// The trailers, which follow the last compressed bytes.
    trailers: Option<HeaderMap>,
    /// Whether the encoder may hold bytes that were not sent.
    is_unflushed: bool,
    /// The bytes that may be compressed before other tasks have their turn.
    left_in_turn: usize,
}

type Polled = Poll<Option<Result<Frame<Bytes>, axum::Error>>>;

impl CompressedBody {
    pub fn new(body: Body, encoder: Encoder) -> Self {
        Self {
            body,
            encoder: Some(encoder),
            rest: Bytes::new(),
            trailers: None,
            is_unflushed: false,
            left_in_turn: PIECE,
        }
    }

    /// Receives more of the body. Returns what is to be sent instead, if there is no more now.
    fn receive(&mut self, context: &mut Context<'_>) -> Option<Polled> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Pending => {
                self.left_in_turn = PIECE;
                let is_unflushed = mem::take(&mut self.is_unflushed);
                let encoder = self.encoder.as_mut().filter(|_| is_unflushed);
                Some(encoder.map_or(Poll::Pending, |encoder| into_frame(encoder.flush())))
            }
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => {
                    self.rest = data;
                    None
                }
                Err(frame) => {
                    self.trailers = frame.into_trailers().ok();
                    self.finish()
                }
            },
            Poll::Ready(Some(Err(error))) => {
                self.encoder = None;
                Some(Poll::Ready(Some(Err(error))))
            }
            Poll::Ready(None) => self.finish(),
        }
    }

    /// Compresses the next piece of what was received. Returns what came out, if anything did.
    fn compress(&mut self) -> Option<Polled> {
        let encoder = self.encoder.as_mut()?;
        let piece = self.rest.split_to(self.rest.len().min(self.left_in_turn));
        self.left_in_turn -= piece.len();
        self.is_unflushed = true;
        match encoder.write(&piece) {
            Ok(bytes) if bytes.is_empty() => None,
            written => {
                if written.is_err() {
                    self.encoder = None;
                }
                Some(into_frame(written))
            }
        }
    }

    fn finish(&mut self) -> Option<Polled> {
        self.encoder.take().map(|encoder| into_frame(encoder.finish()))
    }
}

fn into_frame(bytes: io::Result<Vec<u8>>) -> Polled {
    Poll::Ready(Some(bytes.map(|bytes| Frame::data(bytes.into())).map_err(axum::Error::new)))
}

impl HttpBody for CompressedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled {
        while self.encoder.is_some() {
            let polled = if self.rest.is_empty() {
                self.receive(context)
            } else if self.left_in_turn == 0 {
                self.left_in_turn = PIECE;
                context.waker().wake_by_ref();
                return Poll::Pending;
            } else {
                self.compress()
            };
            if let Some(polled) = polled {
                return polled;
            }
        }
        Poll::Ready(self.trailers.take().map(|trailers| Ok(Frame::trailers(trailers))))
    }
}
