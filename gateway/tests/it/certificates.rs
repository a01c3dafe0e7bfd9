//! Certificates, made for each test, and clients that know whom to trust.

use std::{fs, path::PathBuf, sync::Arc};

use rcgen::{CertificateParams, KeyPair};
use testkit::TestApp;
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, ServerName},
    },
};

use crate::support::{StandIn, gateway_with};
use gateway::LimitClock;

/// The files of a certificate of its own, for `localhost` and `127.0.0.1`.
pub struct Pair {
    directory: tempfile::TempDir,
    /// Every certificate that was written.
    pub written: Vec<CertificateDer<'static>>,
}

impl Pair {
    pub fn new() -> Self {
        let mut pair = Self { directory: tempfile::tempdir().unwrap(), written: Vec::new() };
        pair.renew();
        pair
    }

    pub fn certificate_file(&self) -> PathBuf {
        self.directory.path().join("certificate.pem")
    }

    pub fn key_file(&self) -> PathBuf {
        self.directory.path().join("key.pem")
    }

    /// Writes another certificate and its key.
    pub fn renew(&mut self) {
        let key = KeyPair::generate().unwrap();
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
        fs::write(self.key_file(), key.serialize_pem()).unwrap();
        fs::write(self.certificate_file(), certificate.pem()).unwrap();
        self.written.push(certificate.der().clone());
    }

    /// Returns the settings that name the files.
    pub fn settings(&self) -> [(&'static str, String); 2] {
        [("TLS_CERT_FILE", self.certificate_file()), ("TLS_KEY_FILE", self.key_file())]
            .map(|(name, file)| (name, file.to_str().unwrap().to_owned()))
    }

    /// Shakes hands, offering these protocols.
    ///
    /// # Errors
    /// When the gateway does not.
    pub async fn handshake(
        &self,
        stream: TcpStream,
        protocols: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        for certificate in &self.written {
            roots.add(certificate.clone()).unwrap();
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    pub async fn connect(&self, gateway: &TestApp, protocols: &[&str]) -> TlsStream<TcpStream> {
        self.handshake(tcp(gateway).await, protocols).await.unwrap()
    }
}

pub async fn tcp(gateway: &TestApp) -> TcpStream {
    TcpStream::connect(gateway.url.trim_start_matches("http://")).await.unwrap()
}

/// Starts a gateway that speaks TLS, before an echoing prompt service.
pub async fn secured(pair: &Pair, more: &[(&str, &str)]) -> (TestApp, StandIn) {
    let prompts = StandIn::echo().await;
    let files = pair.settings();
    let mut settings = vec![("RATE_LIMIT_PROFILE", "off")];
    settings.extend(files.iter().map(|(name, file)| (*name, file.as_str())));
    settings.extend(more);
    let upstreams = [("PROMPT", prompts.url.as_str())];
    (gateway_with(&upstreams, &settings, LimitClock::default()).await, prompts)
}
