//! A bare Pingora proxy: one thread, no checks, no log. `<port> <port of the upstream>`.

use std::{env, process::ExitCode};

use async_trait::async_trait;
use pingora_core::{
    Result,
    server::{Server, configuration::ServerConf},
    upstreams::peer::HttpPeer,
};
use pingora_proxy::{ProxyHttp, Session, http_proxy_service};

struct Bare {
    upstream: String,
}

#[async_trait]
impl ProxyHttp for Bare {
    type CTX = ();

    fn new_ctx(&self) {}

    async fn upstream_peer(&self, _: &mut Session, (): &mut ()) -> Result<Box<HttpPeer>> {
        Ok(Box::new(HttpPeer::new(self.upstream.as_str(), false, String::new())))
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [port, upstream] = arguments.as_slice() else {
        eprintln!("usage: pingora-proxy-bench <port> <port of the upstream>");
        return ExitCode::from(2);
    };
    let settings =
        ServerConf { threads: 1, upstream_keepalive_pool_size: 256, ..ServerConf::default() };
    let mut server = Server::new_with_opt_and_conf(None, settings);
    server.bootstrap();
    let bare = Bare { upstream: format!("127.0.0.1:{upstream}") };
    let mut service = http_proxy_service(&server.configuration, bare);
    service.add_tcp(&format!("127.0.0.1:{port}"));
    server.add_service(service);
    server.run_forever()
}
