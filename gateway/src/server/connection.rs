//! What comes before the first request of a connection: a PROXY header, TLS, and which HTTP it is.

use std::{io::Cursor, net::SocketAddr, sync::Arc, time::Duration};

use axum::{extract::Request, response::Response};
use futures_util::FutureExt;
use http::{HeaderValue, header};
use http_kit::{
    request_body::RequestBody,
    serve::{Ended, serve_http1, with_write_timeout},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, join, split},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

use super::http2;
use crate::{client_address::Peer, drain::Drain, proxy_protocol::ProxyHeaders, tls::Tls};

/// How connections begin, and when they end.
pub struct Connections {
    pub proxy_headers: ProxyHeaders,
    /// `None` where clients speak without TLS.
    pub tls: Option<Arc<Tls>>,
    pub idle_timeout: Duration,
    pub drain: Drain,
}

impl Connections {
    /// Answers the requests of a connection until it ends.
    ///
    /// # Errors
    /// When it begins badly, breaks off, or does what no client needs to do.
    pub async fn serve<A, F>(
        &self,
        mut stream: TcpStream,
        peer: SocketAddr,
        answer: A,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<()>
    where
        A: Fn(Request, Peer) -> F + Clone + Send + 'static,
        F: Future<Output = Response> + Send + 'static,
    {
        let address = self.proxy_headers.read(&mut stream, peer).await?;
        let peer = Peer { address, is_tls: self.tls.is_some() };
        let answer = move |request| answer(request, peer);
        let Some(tls) = &self.tls else {
            let ended = self.serve_http1(stream, &answer, shutdown).await?;
            // A client that knows us may begin with HTTP/2.
            if let Ended::Http2 { io, read } = ended {
                let (rest, writer) = split(io);
                let io = Box::new(join(Cursor::new(read).chain(rest), writer));
                http2::serve(io, self.idle_timeout, answer, &self.drain, shutdown).await?;
            }
            return Ok(());
        };
        let (stream, is_http2) = tls.accept(stream).await?;
        if is_http2 {
            let io = Box::new(with_write_timeout(stream));
            return http2::serve(io, self.idle_timeout, answer, &self.drain, shutdown).await;
        }
        self.serve_http1(stream, &answer, shutdown).await?;
        Ok(())
    }

    async fn serve_http1<I, F>(
        &self,
        io: I,
        answer: &impl Fn(Request) -> F,
        shutdown: &CancellationToken,
    ) -> hyper::Result<Ended<I>>
    where
        I: AsyncRead + AsyncWrite + Send + 'static,
        F: Future<Output = Response>,
    {
        let answer = |request| {
            // A block around it would hold the future twice, and copy it for each request.
            answer(RequestBody::wrap(request)).map(|mut response| {
                if self.drain.is_draining() {
                    let close = const { HeaderValue::from_static("close") };
                    response.headers_mut().insert(header::CONNECTION, close);
                }
                response
            })
        };
        serve_http1(io, self.idle_timeout, answer, shutdown).await
    }
}
