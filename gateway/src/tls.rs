//! TLS that ends here: the certificate and its key from two files, which are read again when they change.

use std::{
    fs,
    io::{self, ErrorKind},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use http_kit::config::Env;
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, InconsistentKeys, ServerConfig,
        crypto::{CryptoProvider, aws_lc_rs},
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::{ClientHello, ResolvesServerCert},
        sign::CertifiedKey,
    },
    server::TlsStream,
};

const CERT_FILE: &str = "TLS_CERT_FILE";
const KEY_FILE: &str = "TLS_KEY_FILE";

/// The protocol of HTTP/2 in the client's and our lists.
const HTTP_2: &[u8] = b"h2";

/// The time within which a client must have shaken hands.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// A setting, and what is wrong with it.
type Problem = (&'static str, String);

/// The TLS of client connections.
pub struct Tls {
    acceptor: TlsAcceptor,
    certificate: Arc<Certificate>,
    files: Files,
    /// What the files held when they were last read, good or not.
    last: Mutex<Contents>,
}

/// The settings that name the files.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// The certificate chain and the key, as PEM.
#[derive(PartialEq, Eq)]
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// The certificate of new connections.
#[derive(Debug)]
struct Certificate(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl Tls {
    /// Reads `TLS_CERT_FILE` and `TLS_KEY_FILE`: both or neither.
    pub fn read(env: &mut Env) -> Option<Self> {
        let files = match (env.optional(CERT_FILE), env.optional(KEY_FILE)) {
            (None, None) => return None,
            (Some(certificate), Some(key)) => {
                Files { certificate: certificate.into(), key: key.into() }
            }
            (Some(_), None) => {
                env.problem(KEY_FILE, "is not set, and TLS_CERT_FILE is");
                return None;
            }
            (None, Some(_)) => {
                env.problem(CERT_FILE, "is not set, and TLS_KEY_FILE is");
                return None;
            }
        };
        Self::new(files).map_err(|(name, problem)| env.problem(name, &problem)).ok()
    }

    fn new(files: Files) -> Result<Self, Problem> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let contents = files.read()?;
        let certificate = contents.parse(&provider)?;
        let certificate = Arc::new(Certificate(RwLock::new(Arc::new(certificate))));
        let failed = |error: rustls::Error| (CERT_FILE, format!("cannot be used: {error}"));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .with_no_client_auth()
            .with_cert_resolver(certificate.clone());
        config.alpn_protocols = vec![HTTP_2.to_vec(), b"http/1.1".to_vec()];
        // Clients that come back need no whole handshake, and no memory of ours meanwhile.
        config.ticketer = aws_lc_rs::Ticketer::new().map_err(failed)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Self { acceptor, certificate, files, last: Mutex::new(contents) })
    }

    /// Shakes hands with a client. Also tells whether it speaks HTTP/2.
    ///
    /// # Errors
    /// When the client does not speak TLS as we do, or is too slow.
    pub async fn accept(&self, stream: TcpStream) -> io::Result<(TlsStream<TcpStream>, bool)> {
        let accepted = self.acceptor.accept(stream).into_fallible();
        match timeout(HANDSHAKE_DEADLINE, accepted).await {
            Ok(Ok(stream)) => {
                let is_http2 = stream.get_ref().1.alpn_protocol() == Some(HTTP_2);
                Ok((stream, is_http2))
            }
            Ok(Err((error, mut stream))) => {
                // Without a close the client may wait for the alert that says why.
                let _ = stream.shutdown().await;
                Err(error)
            }
            Err(_) => Err(io::Error::new(ErrorKind::TimedOut, "no TLS handshake in time")),
        }
    }

    /// Reads the files again. New ones hold for new connections; what cannot be used changes nothing, and is
    /// logged once.
    pub fn reload(&self) {
        let contents = match self.files.read() {
            Ok(contents) => contents,
            Err(problem) => return keep(&problem),
        };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if *last == contents {
            return;
        }
        match contents.parse(self.acceptor.config().crypto_provider()) {
            Ok(certificate) => {
                let mut current =
                    self.certificate.0.write().unwrap_or_else(PoisonError::into_inner);
                *current = Arc::new(certificate);
                tracing::info!("a new certificate holds for new connections");
            }
            Err(problem) => keep(&problem),
        }
        *last = contents;
    }
}

fn keep((name, problem): &Problem) {
    tracing::error!("the certificate stays: {name} {problem}");
}

impl Files {
    fn read(&self) -> Result<Contents, Problem> {
        let read =
            |name, path| fs::read(path).map_err(|error| (name, format!("cannot be read: {error}")));
        Ok(Contents {
            certificate: read(CERT_FILE, &self.certificate)?,
            key: read(KEY_FILE, &self.key)?,
        })
    }
}

impl Contents {
    /// Returns the certificate with its key.
    ///
    /// # Errors
    /// When one of them is none, or they do not belong together.
    fn parse(&self, provider: &CryptoProvider) -> Result<CertifiedKey, Problem> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.certificate).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or_else(|| (CERT_FILE, "holds no certificate in PEM".to_owned()))?;
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|_| (KEY_FILE, "holds no private key in PEM".to_owned()))?;
        let key = provider.key_provider.load_private_key(key);
        let key = key.map_err(|error| (KEY_FILE, format!("cannot be used: {error}")))?;
        let certified = CertifiedKey::new(chain, key);
        match certified.keys_match() {
            Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => {
                Ok(certified)
            }
            Err(rustls::Error::InconsistentKeys(_)) => {
                Err((KEY_FILE, "is not the key of the certificate".to_owned()))
            }
            Err(error) => Err((CERT_FILE, format!("cannot be used: {error}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    /// A certificate and its key as PEM.
    fn pair() -> [String; 2] {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap();
        [certificate.self_signed(&key).unwrap().pem(), key.serialize_pem()]
    }

    fn write(directory: &Path, [certificate, key]: [&str; 2]) {
        fs::write(directory.join("certificate.pem"), certificate).unwrap();
        fs::write(directory.join("key.pem"), key).unwrap();
    }

    #[test]
    fn files_that_cannot_be_used_change_nothing_and_good_ones_after_them_do() {
        let directory = tempfile::tempdir().unwrap();
        let pairs = [pair(), pair()];
        let [[certificate, key], [other, other_key]] =
            pairs.each_ref().map(|pair| pair.each_ref().map(String::as_str));
        write(directory.path(), [certificate, key]);
        let files = Files {
            certificate: directory.path().join("certificate.pem"),
            key: directory.path().join("key.pem"),
        };
        let Ok(tls) = Tls::new(files) else { panic!("the pair is good") };
        let shown = || tls.certificate.0.read().unwrap().cert[0].clone();
        let der = |pem: &str| CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
        for bad in [
            [certificate, other_key],
            [other, key],
            ["", key],
            [certificate, ""],
            [key, key],
            ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", key],
        ] {
            write(directory.path(), bad);
            tls.reload();
            assert_eq!(shown(), der(certificate), "{bad:?}");
        }
        fs::remove_file(directory.path().join("key.pem")).unwrap();
        tls.reload();
        assert_eq!(shown(), der(certificate));
        write(directory.path(), [other, other_key]);
        tls.reload();
        assert_eq!(shown(), der(other));
    }
}
