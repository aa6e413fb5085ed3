//! The certificates that AWS's are checked against: the system's, or those of `AWS_CA_BUNDLE` (`ca_bundle`) and no others,
//! as the AWS CLI has it.

use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;
use rolecall_model::file;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// Whose certificates are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Those of the system, or of `SSL_CERT_FILE` and `SSL_CERT_DIR`.
    System,
    /// Those of a file.
    Bundle {
        /// The variable, or the key and its profile.
        place: String,
        /// The file.
        path: PathBuf,
        /// What it holds.
        pem: Vec<u8>,
        /// How many certificates that is.
        certificates: usize,
    },
}

impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("the certificates of the system (SSL_CERT_FILE, SSL_CERT_DIR)"),
            Self::Bundle { place, path, pem: _, certificates } => {
                let certificates = match certificates {
                    1 => "the certificate".to_owned(),
                    some => format!("the {some} certificates"),
                };
                write!(f, "{certificates} in `{}` ({place})", path.display())
            }
        }
    }
}

/// The certificates of a bundle, or why there are none. The SDK panics on one that it cannot read; a bundle may hold such ones
/// beside others, and these are left out.
pub(crate) fn read(place: &str, path: &Path) -> Result<Trust, String> {
    let shown = path.display();
    let text = file::read(path, file::LARGEST).map_err(|error| format!("cannot read `{shown}`: {error}"))?;
    let mut pem = String::new();
    let mut certificates = 0;
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|error| format!("`{shown}` is not a PEM file: {error}"))?;
        if RootCertStore::empty().add(certificate.clone()).is_ok() {
            let encoded = STANDARD.encode(&certificate);
            pem += &format!("-----BEGIN CERTIFICATE-----\n{encoded}\n-----END CERTIFICATE-----\n");
            certificates += 1;
        }
    }
    match certificates {
        0 => Err(format!("`{shown}` has no certificate in PEM form")),
        certificates => {
            let (place, path) = (place.to_owned(), path.to_owned());
            Ok(Trust::Bundle { place, path, pem: pem.into_bytes(), certificates })
        }
    }
}
