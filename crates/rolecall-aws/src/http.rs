//! The SDK's HTTP client, with a limit on what it reads: an answer that is larger is refused while it is read.
//!
//! It serves all clients of a configuration, also those that fetch credentials. Otherwise it is what the SDK makes by
//! default (`aws_smithy_runtime::client::http`, `default_https_client`): rustls, and the proxies of the environment. No proxy
//! can lead back to this machine, so what is here is asked directly: an embedded AWS, and the addresses that give a machine or a
//! container its credentials.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::trust::Trust;

/// The largest answer that is read. Pages of `GetAccountAuthorizationDetails` are the largest that there are: 1,000
/// entities, most of them with documents of a few thousand characters, percent-encoded; real pages have a few MiB. A
/// function's answer and an object of S3 that rolecall reads have less.
const LARGEST: u64 = 64 << 20;

/// The most that all answers hold which are read at the same time.
const LARGEST_SUM: u64 = 128 << 20;

/// More than AWS sends.
#[derive(Debug, Clone, Copy)]
pub(super) enum TooLarge {
    /// One answer has more than [`LARGEST`].
    One,
    /// The answers that are read at the same time have more than [`LARGEST_SUM`].
    Sum,
}

impl std::fmt::Display for TooLarge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::One => write!(f, "it has more than {} MiB", LARGEST >> 20),
            Self::Sum => write!(f, "with those read beside it, it has more than {} MiB", LARGEST_SUM >> 20),
        }
    }
}

impl std::error::Error for TooLarge {}

/// A client that reads no more than [`LARGEST`] of an answer, and [`LARGEST_SUM`] of all at the same time. An embedded AWS needs nobody's certificates (`None`).
pub(super) fn client(trust: Option<&Trust>) -> SharedHttpClient {
    let outside = through(ProxyConfig::from_env(), trust);
    let here = through(ProxyConfig::disabled(), trust);
    SharedHttpClient::new(Bounded { outside, here, held: Arc::default() })
}

fn through(proxy: ProxyConfig, trust: Option<&Trust>) -> SharedHttpClient {
    let store = match trust {
        None => TrustStore::empty(),
        Some(Trust::System) => TrustStore::default(),
        Some(Trust::Bundle { pem, .. }) => TrustStore::empty().with_pem_certificate(pem.as_slice()),
    };
    // The builder of a context has nothing to refuse.
    let context = TlsContext::builder().with_trust_store(store).build().unwrap_or_default();
    Builder::new().build_with_connector_fn(move |settings, components| {
        let connector = ConnectorBuilder::default().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        let mut connector = connector.tls_context(context.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.set_proxy_config(Some(proxy.clone()));
        connector.build()
    })
}

#[derive(Debug)]
struct Bounded<T> {
    /// For the world.
    outside: T,
    /// For this machine.
    here: T,
    /// How many bytes the answers hold that are being read.
    held: Arc<AtomicU64>,
}

impl HttpClient for Bounded<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Bounded {
            outside: self.outside.http_connector(settings, components),
            here: self.here.http_connector(settings, components),
            held: Arc::clone(&self.held),
        })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.outside.connector_metadata()
    }
}

/// Whether a URL leads to this machine, or to an address that only this machine's link has: the services that give a machine,
/// a container or a pod its credentials (`169.254.…`, `fd00:ec2::…`).
fn is_here(url: &str) -> bool {
    let Ok(url) = url::Url::parse(url) else { return false };
    let address: IpAddr = match url.host() {
        Some(url::Host::Domain(name)) => return name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.into(),
        Some(url::Host::Ipv6(address)) => address.into(),
        None => return false,
    };
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_unicast_link_local()
                || address.segments().starts_with(&[0xfd00, 0xec2])
        }
    }
}

impl HttpConnector for Bounded<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = if is_here(request.uri()) { &self.here } else { &self.outside };
        let answer = connector.call(request);
        let held = Arc::clone(&self.held);
        HttpConnectorFuture::new(async move {
            let bounded = |body| BoundedBody { body, read: 0, held: Arc::clone(&held) };
            Ok(answer.await?.map(|body| SdkBody::from_body_1_x(bounded(body))))
        })
    }
}

struct BoundedBody {
    body: SdkBody,
    /// How many bytes of it were read.
    read: u64,
    /// How many bytes were read of all bodies that are there.
    held: Arc<AtomicU64>,
}

impl BoundedBody {
    fn add(&mut self, bytes: u64) -> Result<(), TooLarge> {
        self.read += bytes;
        let held = self.held.fetch_add(bytes, Ordering::Relaxed) + bytes;
        match (self.read > LARGEST, held > LARGEST_SUM) {
            (true, _) => Err(TooLarge::One),
            (false, true) => Err(TooLarge::Sum),
            (false, false) => Ok(()),
        }
    }
}

impl Drop for BoundedBody {
    fn drop(&mut self) {
        self.held.fetch_sub(self.read, Ordering::Relaxed);
    }
}

impl Body for BoundedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let read = match &frame {
            Some(Ok(frame)) => frame.data_ref().map_or(0, |data| data.len() as u64),
            Some(Err(_)) | None => 0,
        };
        Poll::Ready(match self.add(read) {
            Ok(()) => frame,
            Err(too_large) => Some(Err(too_large.into())),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        Body::size_hint(&self.body)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_smithy_types::body::SdkBody;

    use super::{BoundedBody, LARGEST, LARGEST_SUM, TooLarge, is_here};

    #[test]
    fn one_answer_and_all_that_are_read_beside_it_are_bounded() {
        let held = Arc::default();
        let body = || BoundedBody { body: SdkBody::empty(), read: 0, held: Arc::clone(&held) };
        let mut alone = body();
        assert!(alone.add(LARGEST).is_ok());
        assert!(matches!(alone.add(1), Err(TooLarge::One)));
        drop(alone);
        let mut bodies: Vec<BoundedBody> = (0..LARGEST_SUM / LARGEST).map(|_| body()).collect();
        assert!(bodies.iter_mut().all(|body| body.add(LARGEST).is_ok()));
        assert!(matches!(body().add(1), Err(TooLarge::Sum)));
        bodies.pop();
        assert!(body().add(LARGEST).is_ok());
    }

    #[test]
    fn only_this_machine_and_its_link_are_asked_directly() {
        for url in [
            "http://127.0.0.1:4566/",
            "http://127.9.9.9/",
            "http://localhost:4566/path",
            "http://iam.localhost:4566/",
            "http://[::1]:80/",
            "http://169.254.169.254/latest/api/token",
            "http://169.254.170.2/v2/credentials",
            "http://[fd00:ec2::254]/latest",
        ] {
            assert!(is_here(url), "{url}");
        }
        for url in [
            "https://iam.amazonaws.com/",
            "https://127.0.0.1.example.com/",
            "https://localhost.example.com/",
            "https://10.0.0.1/",
            "http://user@example.com:80/127.0.0.1",
            "/",
        ] {
            assert!(!is_here(url), "{url}");
        }
    }
}
