//! Where an organisation is reached: the host that issues tokens and the host of the Platform API.
//!
//! The official tools take the AWS region or the base path of the API in one setting, and derive the login host by
//! replacing `//api.` with `//login.` (`get_conf_url` in `api_client.py` of PureCloudPlatformClientV2 269.0.0). A base
//! such as `http://127.0.0.1:4010` has no `//api.`: there one host does both, as a mock does.
//!
//! The client secret is sent to what is named here. So a base path is taken only if it is on Genesys's own domains, or
//! on this machine; plain http on this machine alone.

use std::fmt;
use std::str::FromStr;

use rolecall_model::region::{Region, UnknownRegion, is_mistake};

/// The domains under which Genesys opens new regions, which the table may not know yet.
const NEW_REGIONS: [&str; 3] = [".pure.cloud", ".us-gov-pure.cloud", ".eusc-pure.cloud"];

/// Where tokens are issued and the API is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The region; `None` for a base path outside the table.
    pub region: Option<&'static Region>,
    login: String,
    api: String,
}

impl Site {
    /// The address of the token endpoint's host, without a slash at the end.
    pub fn login(&self) -> &str {
        &self.login
    }

    /// The address of the API, without a slash at the end.
    pub fn api(&self) -> &str {
        &self.api
    }

    /// Whether it is on this machine: a mock or the sandbox, never reached through a proxy.
    pub fn is_local(&self) -> bool {
        is_loopback(host(&self.api))
    }

    /// A base path of this machine, such as the sandbox's.
    pub fn local(base: &str) -> Self {
        let base = base.trim_end_matches('/').to_owned();
        Self { region: None, login: base.clone(), api: base }
    }
}

impl From<&'static Region> for Site {
    fn from(region: &'static Region) -> Self {
        Self {
            login: format!("https://{}", region.login_host()),
            api: format!("https://{}", region.api_host()),
            region: Some(region),
        }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.region {
            Some(region) => region.fmt(formatter),
            None => formatter.write_str(&self.api),
        }
    }
}

impl FromStr for Site {
    type Err = UnknownRegion;

    /// Accepts a region (its name, domain or host) or the base path of the API.
    fn from_str(given: &str) -> Result<Self, UnknownRegion> {
        let base = given.trim().trim_end_matches('/');
        let unknown = match base.parse::<&'static Region>() {
            Ok(region) => return Ok(region.into()),
            Err(unknown) => unknown,
        };
        let Some((scheme, _)) = base.split_once("://") else { return Err(unknown) };
        let name = host(base).to_ascii_lowercase();
        let fails = |way_out: &str| UnknownRegion { given: given.to_owned(), way_out: way_out.to_owned() };
        if base.contains(['?', '#', '@']) || base.contains(char::is_whitespace) {
            return Err(fails(
                "a base path is a scheme, a host and perhaps a port: `https://api.mypurecloud.com`",
            ));
        }
        let is_local = is_loopback(&name);
        match scheme {
            "https" | "http" if is_local => Ok(Self::local(base)),
            "http" => Err(fails("the client secret would travel in the clear; write `https://`")),
            "https" if is_new_region(&name) => {
                Ok(Self { region: None, login: base.replacen("//api.", "//login.", 1), api: base.to_owned() })
            }
            _ => Err(unknown),
        }
    }
}

/// An API host of Genesys's that the table does not have.
fn is_new_region(host: &str) -> bool {
    let domain = host.strip_prefix("api.");
    domain.is_some_and(|domain| !is_mistake(domain) && NEW_REGIONS.iter().any(|end| domain.ends_with(end)))
}

/// The host of an address, without the port.
fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or(v6),
        None => authority.split(':').next().unwrap_or(authority),
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
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
            ("https://example.org", "write the AWS region in which your organisation lives"),
            ("https://evil.example/api.afs1.pure.cloud", "write the AWS region in which"),
            ("https://api.afs1.pure.cloud@evil.example", "a base path is a scheme, a host"),
            ("http://api.afs1.pure.cloud", "the client secret would travel in the clear"),
            ("http://127.0.0.1.example.org", "the client secret would travel in the clear"),
            ("ftp://127.0.0.1", "write the AWS region in which"),
        ] {
            let message = given.parse::<Site>().unwrap_err().to_string();
            assert!(message.contains(says), "{given}: {message}");
        }
    }
}
