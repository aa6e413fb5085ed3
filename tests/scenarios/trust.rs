//! Whose certificates are trusted, and what is said of answers that are not AWS's.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

use rolecall::sandbox::{Fault, FaultRule, Faults};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};

use super::stage::{Run, Stage};
use super::views::named;

const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 20\r\nConnection: close\r\n\r\n<html>log in</html>\n";

/// A server on this machine with the certificate of an authority that is nobody's; it answers everything with a login page.
/// It lives as long as the tests do.
fn server() -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/certificates");
    let certificate = CertificateDer::from_pem_file(format!("{folder}/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(format!("{folder}/server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let (mut socket, config) = (socket.unwrap(), Arc::clone(&config));
            std::thread::spawn(move || {
                let mut session = ServerConnection::new(config).unwrap();
                let mut stream = Stream::new(&mut session, &mut socket);
                // Whoever does not trust the certificate leaves here.
                let mut request = [0; 8192];
                if stream.read(&mut request).is_ok_and(|read| read > 0) {
                    let _ = stream.write_all(PAGE.as_bytes());
                    stream.conn.send_close_notify();
                    let _ = stream.flush();
                }
            });
        }
    });
    url
}

fn authority() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/certificates/authority.pem")
}

/// Which of the reads that go out together fails first, differs from run to run.
fn any_read(run: &Run) -> String {
    let said = regex::Regex::new(r"\b(iam|sts|lambda):[A-Z]\w+")
        .unwrap()
        .replace_all(&run.whole(), "[a read]")
        .into_owned();
    said.replace(authority(), "[authority]")
}

#[test]
fn a_bundle_is_trusted_and_a_certificate_that_is_not_says_which_were() {
    let stage = Stage::new();
    let url = server();
    let through = |set: &[(&str, &str)]| {
        let mut command = stage.command(&["plan"]);
        command.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
        command.env("AWS_ENDPOINT_URL", &url).env("AWS_MAX_ATTEMPTS", "1").envs(set.iter().copied());
        any_read(&command.output().unwrap().into())
    };
    stage.write("config", &format!("[default]\nca_bundle = {}\n", authority()));
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/certificates/server.pem");
    let mut said = String::new();
    said += &named("the system's certificates", &through(&[]));
    said += &named("another bundle", &through(&[("AWS_CA_BUNDLE", own)]).replace(own, "[another]"));
    said += &named("AWS_CA_BUNDLE", &through(&[("AWS_CA_BUNDLE", authority())]));
    said += &named("ca_bundle", &through(&[("AWS_CONFIG_FILE", "config")]));
    said += &named("SSL_CERT_FILE", &through(&[("SSL_CERT_FILE", authority())]));
    insta::assert_snapshot!(said, @"
    === the system's certificates
    exit 1
    -- stderr
    error[E20]: [a read] failed: the certificate of 127.0.0.1:[port] is not trusted: TLS handshake failed: invalid peer certificate: UnknownIssuer; trusted: the certificates of the system (SSL_CERT_FILE, SSL_CERT_DIR)
    hint: if a proxy inspects TLS, put its certificate into a PEM file and name it in AWS_CA_BUNDLE or `ca_bundle` (for Genesys Cloud in SSL_CERT_FILE)
    === another bundle
    exit 1
    -- stderr
    error[E20]: [a read] failed: the certificate of 127.0.0.1:[port] is not trusted: TLS handshake failed: invalid peer certificate: UnknownIssuer; trusted: the certificate in `[another]` (AWS_CA_BUNDLE)
    hint: if a proxy inspects TLS, put its certificate into a PEM file and name it in AWS_CA_BUNDLE or `ca_bundle` (for Genesys Cloud in SSL_CERT_FILE)
    === AWS_CA_BUNDLE
    exit 1
    -- stderr
    error[E26]: [a read] failed: an HTML page came back with HTTP status 200; a proxy, a login page or a mock may have answered instead of AWS
    === ca_bundle
    exit 1
    -- stderr
    error[E26]: [a read] failed: an HTML page came back with HTTP status 200; a proxy, a login page or a mock may have answered instead of AWS
    === SSL_CERT_FILE
    exit 1
    -- stderr
    error[E26]: [a read] failed: an HTML page came back with HTTP status 200; a proxy, a login page or a mock may have answered instead of AWS
    ");
}

#[test]
fn what_is_not_an_answer_of_aws_is_called_what_it_is() {
    let stage = Stage::new();
    let mut said = String::new();
    for fault in [Fault::Html, Fault::Empty, Fault::Malformed, Fault::Unavailable] {
        let rules = vec![FaultRule { operation: "*".to_owned(), skip: 0, times: None, fault }];
        stage.set(Faults { rules, ..Faults::default() });
        let run: Run = stage.command(&["plan"]).env("AWS_MAX_ATTEMPTS", "1").output().unwrap().into();
        said += &named(format!("{fault:?}"), &any_read(&run));
    }
    insta::assert_snapshot!(said, @"
    === Html
    exit 1
    -- stderr
    error[E26]: [a read] failed: an HTML page came back with HTTP status 200; a proxy, a login page or a mock may have answered instead of AWS
    === Empty
    exit 1
    -- stderr
    error[E26]: [a read] failed: an answer in no form of AWS's came back with HTTP status 200; a proxy, a login page or a mock may have answered instead of AWS
    === Malformed
    exit 1
    -- stderr
    error[E26]: [a read] failed: an answer in no form of AWS's came back with HTTP status 200; a proxy, a login page or a mock may have answered instead of AWS
    === Unavailable
    exit 1
    -- stderr
    error[E24]: [a read] failed: Service is unavailable (ServiceUnavailable, request [id])
    hint: repeat the command
    ");
}

/// Credentials that another service of AWS refuses: its words, and nothing of how the SDK keeps them.
#[test]
fn a_refused_way_to_credentials_is_told_in_the_words_of_aws() {
    let stage = Stage::new();
    stage.write("token", "not.a.token");
    stage.write(
        "config",
        "[profile refused]\nrole_arn = arn:aws:iam::123456789012:role/gone\ncredential_source = Environment\n\
         [profile web]\nrole_arn = arn:aws:iam::123456789012:role/gone\nweb_identity_token_file = token\n",
    );
    let mut said = String::new();
    for profile in ["refused", "web"] {
        let mut command = stage.command(&["plan", "--profile", profile]);
        command.env("AWS_CONFIG_FILE", "config");
        said += &named(profile, &any_read(&command.output().unwrap().into()));
    }
    insta::assert_snapshot!(said, @"
    === refused
    exit 1
    -- stderr
    error[E17]: [a read] failed: User: arn:aws:sts::123456789012:assumed-role/ci/rolecall is not authorized to perform: [a read] on resource: arn:aws:iam::123456789012:role/gone because no role trust policy allows the [a read] action (AccessDenied, request [id])
    hint: the role in [aws] must trust the caller (with the `external_id`, if its trust policy requires one), and the caller needs the permission [a read] on the role
    === web
    exit 1
    -- stderr
    error[E14]: [a read] failed: an error occurred while loading credentials: Request is missing Authentication Token (MissingAuthenticationToken)
    hint: log in (`aws sso login`), choose a profile (--profile), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `--sandbox` works without an account; without access to AWS, `rolecall genesys connect --role-arn ARN --profile web` works on the Genesys Cloud side alone
    ");
}
