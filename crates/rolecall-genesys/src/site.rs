//! Where an organization is reached: the host that issues tokens and the host of the Platform API.
//!
//! The official tools take the AWS region or the base path of the API in one setting, and derive the login host by
//! replacing `//api.` with `//login.` (`get_conf_url` in `api_client.py` of PureCloudPlatformClientV2 269.0.0). A base
//! such as `http://127.0.0.1:4010` has no `//api.`: there one host does both, as a mock does.
//!
//! The client secret is sent to what is named here. So a base path is taken only if it is on Genesys's own domains, or
//! on this machine; plain http on this machine alone. An address is parsed once, by the parser of the HTTP client, and requests are
//! made from what it gave: there is no text in which a second parser could find another host.

use std::fmt;
use std::str::FromStr;

use rolecall_model::region::{Region, UnknownRegion, is_mistake};
use url::{Host, Url};

/// The domains under which Genesys opens new regions, which the table may not know yet.
const NEW_REGIONS: [&str; 3] = [".pure.cloud", ".us-gov-pure.cloud", ".eusc-pure.cloud"];

/// Where tokens are issued and the API is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The region; `None` for a base path outside the table.
    pub region: Option<&'static Region>,
    login: Url,
    api: Url,
}

impl Site {
    /// The address of the token endpoint's host, without a slash at the end.
    pub fn login(&self) -> &str {
        self.login.as_str().trim_end_matches('/')
    }

    /// The address of the API, without a slash at the end.
    pub fn api(&self) -> &str {
        self.api.as_str().trim_end_matches('/')
    }

    /// The URL of a path on the token endpoint's host.
    pub fn login_at(&self, path: &str) -> Url {
        at(&self.login, path)
    }

    /// The URL of a path of the API.
    pub fn api_at(&self, path: &str) -> Url {
        at(&self.api, path)
    }

    /// Whether it is on this machine: a mock or the sandbox, never reached through a proxy.
    pub fn is_local(&self) -> bool {
        is_loopback(&self.api)
    }
}

/// The URL with a path below its own. Scheme, host and port stay, whatever the path is.
fn at(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}

impl TryFrom<&'static Region> for Site {
    type Error = UnknownRegion;

    fn try_from(region: &'static Region) -> Result<Self, UnknownRegion> {
        Ok(Self {
            login: https(&region.login_host())?,
            api: https(&region.api_host())?,
            region: Some(region),
        })
    }
}

fn https(host: &str) -> Result<Url, UnknownRegion> {
    Url::parse(&format!("https://{host}")).map_err(|error| refused(host, &error.to_string()))
}

fn refused(given: &str, way_out: &str) -> UnknownRegion {
    UnknownRegion { given: given.to_owned(), way_out: way_out.to_owned() }
}

impl fmt::Display for Site {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.region {
            Some(region) => region.fmt(formatter),
            None => formatter.write_str(self.api()),
        }
    }
}

impl FromStr for Site {
    type Err = UnknownRegion;

    /// Accepts a region (its name, domain or host) or the base path of the API.
    fn from_str(given: &str) -> Result<Self, UnknownRegion> {
        let base = given.trim();
        let unknown = match base.parse::<&'static Region>() {
            Ok(region) => return region.try_into(),
            Err(unknown) => unknown,
        };
        if !base.contains("://") {
            return Err(unknown);
        }
        // The parser drops some of them and takes others for something else.
        let is_plain = !base.contains(|it: char| it == '\\' || it.is_whitespace() || it.is_control());
        let url = Url::parse(base).ok().filter(|url| {
            let is_bare = url.username().is_empty() && url.password().is_none();
            is_plain && is_bare && url.query().is_none() && url.fragment().is_none()
        });
        let Some(api) = url else {
            return Err(refused(
                given,
                "a base path is a scheme, a host and perhaps a port: `https://api.mypurecloud.com`",
            ));
        };
        match api.scheme() {
            "https" | "http" if is_loopback(&api) => Ok(Self { region: None, login: api.clone(), api }),
            "http" => Err(refused(given, "the client secret would travel in the clear; write `https://`")),
            "https" => match new_region(&api) {
                Some(domain) => Ok(Self { region: None, login: https(&format!("login.{domain}"))?, api }),
                None => Err(unknown),
            },
            _ => Err(unknown),
        }
    }
}

/// The domain of a region that the table does not have: `api.` before it, nothing after it.
fn new_region(api: &Url) -> Option<&str> {
    let domain = api.host_str()?.strip_prefix("api.")?;
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
    let is_known = NEW_REGIONS.iter().any(|end| domain.ends_with(end)) && domain.split('.').all(is_label);
    let is_bare = api.port().is_none() && api.path() == "/";
    (is_known && is_bare && !is_mistake(domain)).then_some(domain)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use rolecall_model::region::REGIONS;

    use super::*;

    #[test]
    fn what_the_official_tools_take_leads_to_both_hosts() {
        for (given, login, api) in [
            ("us-east-1", "https://login.mypurecloud.com", "https://api.mypurecloud.com"),
            ("mypurecloud.de", "https://login.mypurecloud.de", "https://api.mypurecloud.de"),
            ("https://api.usw2.pure.cloud/", "https://login.usw2.pure.cloud", "https://api.usw2.pure.cloud"),
            ("https://login.mypurecloud.ie", "https://login.mypurecloud.ie", "https://api.mypurecloud.ie"),
            ("https://api.afs1.pure.cloud", "https://login.afs1.pure.cloud", "https://api.afs1.pure.cloud"),
            ("http://127.0.0.1:4010/", "http://127.0.0.1:4010", "http://127.0.0.1:4010"),
            ("http://[::1]:4010", "http://[::1]:4010", "http://[::1]:4010"),
            (
                "http://localhost:4010/genesys",
                "http://localhost:4010/genesys",
                "http://localhost:4010/genesys",
            ),
        ] {
            let site: Site = given.parse().unwrap();
            assert_eq!((site.login(), site.api()), (login, api), "{given}");
            assert_eq!(site.is_local(), given.starts_with("http:"), "{given}");
        }
    }

    #[test]
    fn the_secret_goes_to_genesys_or_stays_on_this_machine() {
        for (given, says) in [
            ("https://api.mygenesys.com", "Genesys's own clients do not know this name"),
            ("https://api.use1.pure.cloud", "write `us-east-1` or the domain"),
            ("https://api.mypurecloud.con", "did you mean us-east-1 (mypurecloud.com)?"),
            ("https://example.org", "write the AWS region in which your organization lives"),
            ("https://evil.example/api.afs1.pure.cloud", "write the AWS region in which"),
            ("https://api.afs1.pure.cloud@evil.example", "a base path is a scheme, a host"),
            ("https://api.evil.example\\.pure.cloud", "a base path is a scheme, a host"),
            ("http://api.afs1.pure.cloud", "the client secret would travel in the clear"),
            ("http://127.0.0.1.example.org", "the client secret would travel in the clear"),
            ("ftp://127.0.0.1", "write the AWS region in which"),
        ] {
            let message = given.parse::<Site>().unwrap_err().to_string();
            assert!(message.contains(says), "{given}: {message}");
        }
    }

    /// Every address to which a request of the site can go, as the HTTP client has it.
    fn sent_to(site: &Site) -> [Url; 2] {
        let request = |url: Url| reqwest::Request::new(reqwest::Method::GET, url).url().clone();
        [request(site.login_at("/oauth/token")), request(site.api_at("/api/v2/organizations/me"))]
    }

    /// The domains of the table, and those of new regions.
    fn is_genesys(host: &str) -> bool {
        let domains = REGIONS.iter().map(|region| region.domain);
        let new = NEW_REGIONS.iter().map(|end| end.trim_start_matches('.'));
        let mut all = domains.chain(new);
        all.any(|domain| host.strip_suffix(domain).is_some_and(|before| before.ends_with('.')))
    }

    #[track_caller]
    fn holds(given: &str) -> bool {
        let Ok(site) = given.parse::<Site>() else { return false };
        for url in sent_to(&site) {
            let host = url.host_str().unwrap();
            assert!(url.username().is_empty() && url.password().is_none(), "{given:?} sends {url}");
            match site.is_local() {
                true => assert!(is_loopback(&url), "{given:?} sends to {url}"),
                false => {
                    assert!(is_genesys(host), "{given:?} sends to {url}");
                    assert_eq!((url.scheme(), url.port()), ("https", None), "{given:?}");
                }
            }
        }
        true
    }

    #[test]
    fn every_region_of_the_table_is_a_site() {
        for region in &REGIONS {
            assert!(holds(region.domain) && holds(region.aws_region));
        }
    }

    #[test]
    fn no_spelling_leads_the_secret_elsewhere() {
        let evil = "api.evil.example";
        for given in [
            format!("https://{evil}\\.pure.cloud"),
            format!("https:\\\\{evil}\\.pure.cloud"),
            format!("https://{evil}\\@api.afs1.pure.cloud"),
            format!("https://api.afs1.pure.cloud\\@{evil}"),
            format!("https://api.afs1.pure.cloud@{evil}"),
            format!("https://api.mypurecloud.com:pw@{evil}"),
            format!("https://{evil}#.pure.cloud"),
            format!("https://{evil}?.pure.cloud"),
            format!("https://{evil}/.pure.cloud"),
            format!("https://{evil}%2e.pure.cloud"),
            format!("https://{evil}%2f.pure.cloud"),
            format!("https://{evil}%5c.pure.cloud"),
            format!("https://{evil}%00.pure.cloud"),
            format!("https://{evil}\t/.pure.cloud"),
            format!("https://{evil}\n/.pure.cloud"),
            format!("https://{evil}\u{0}.pure.cloud"),
            "https://api.afs1.pure.cloud.".to_owned(),
            "https://api.mypurecloud.com.".to_owned(),
            "https://api.mypurecloud.com.evil.example".to_owned(),
            "https://api.evilpure.cloud".to_owned(),
            "https://api.pure.cloud.evil.example".to_owned(),
            "https://api..pure.cloud".to_owned(),
            "https://pure.cloud".to_owned(),
            "https://api.аfs1.pure.clοud".to_owned(),
            "https://api.mуpurecloud.com".to_owned(),
            "https://api.xn--mpurecloud-g4h.com".to_owned(),
            "https://api.afs1.pure。cloud.evil.example".to_owned(),
            "https://api.afs1.pure.cloud:8443".to_owned(),
            "https://api.afs1.pure.cloud:80".to_owned(),
            "https://api.afs1.pure.cloud/path".to_owned(),
            "http://api.afs1.pure.cloud".to_owned(),
            "http://[::ffff:7f00:1]".to_owned(),
            "https://[2001:db8::1]".to_owned(),
            "http://0.0.0.0".to_owned(),
            "http://127.0.0.1@evil.example".to_owned(),
            "http://evil.example\\@127.0.0.1".to_owned(),
            "http://127.0.0.1.nip.io".to_owned(),
            "http://localhost.evil.example".to_owned(),
            "file://localhost/etc/passwd".to_owned(),
            "//api.afs1.pure.cloud".to_owned(),
        ] {
            assert!(!holds(&given), "{given:?} is accepted: {:?}", given.parse::<Site>());
        }
        // The parser writes them in one way, and that is what is sent to.
        for given in [
            "https://API.AFS1.PURE.CLOUD",
            "https://api.afs1.pure.cloud:443/",
            "HTTPS://api.afs1.pure%2Ecloud",
        ] {
            assert!(holds(given), "{given}");
            assert_eq!(given.parse::<Site>().unwrap().api(), "https://api.afs1.pure.cloud");
        }
    }

    fn piece() -> impl Strategy<Value = String> {
        let known: Vec<String> = REGIONS
            .iter()
            .flat_map(|region| [region.domain, region.aws_region])
            .chain(NEW_REGIONS)
            .chain([
                "https://",
                "http://",
                "HTTPS:",
                "//",
                "/",
                "\\",
                "@",
                ":",
                "#",
                "?",
                "%2e",
                "%2f",
                "%40",
                "%5c",
                ".",
                "..",
                "api.",
                "login.",
                "apps.",
                "evil.example",
                "localhost",
                "127.0.0.1",
                "[::1]",
                "[",
                "]",
                ":443",
                ":8443",
                "\t",
                "\n",
                " ",
                "\u{0}",
                "。",
                "xn--",
                "а",
                "%",
                "user:pw@",
                "afs1",
                "2130706433",
                "0x7f000001",
            ])
            .map(str::to_owned)
            .collect();
        prop_oneof![4 => select(known), 1 => any::<char>().prop_map(String::from), 1 => "[a-z0-9.-]{1,6}"]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_096, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_accepted_sends_to_genesys_or_stays_here(pieces in vec(piece(), 1..8)) {
            holds(&pieces.concat());
        }

        #[test]
        fn what_looks_like_a_base_path_sends_to_genesys_or_stays_here(pieces in vec(piece(), 0..4), end in vec(piece(), 0..3)) {
            holds(&format!("https://api.{}.pure.cloud{}", pieces.concat(), end.concat()));
        }

        #[test]
        fn no_path_leads_to_another_host(path in vec(piece(), 0..6)) {
            let site: Site = "https://api.afs1.pure.cloud".parse().unwrap();
            let path = format!("/{}", path.concat());
            let (api, login) = (site.api_at(&path), site.login_at(&path));
            prop_assert_eq!(api.host_str(), Some("api.afs1.pure.cloud"));
            prop_assert_eq!(login.host_str(), Some("login.afs1.pure.cloud"));
        }
    }
}
