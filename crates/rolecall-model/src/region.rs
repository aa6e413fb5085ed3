//! The regions of Genesys Cloud: AWS region, domain, hosts, and the AWS account that assumes customers' roles.
//!
//! The pairs of region and domain are those of the official clients (`purecloud_region_hosts.py` of
//! PureCloudPlatformClientV2 269.0.0, `PureCloudRegionHosts.js` of purecloud-platform-client-v2 262.0.0 and
//! `provider.go` of the Terraform provider agree). The accounts come from Genesys's scheduling-bot-blueprint and
//! deploy-webmessaging-chatbot-with-lambda-blueprint. For the sovereign region no account and no partition has
//! been published: both are `None` there and the manifest must state the account.
//!
//! Deliberately absent: the region of the customer's functions. It may be another one, and any.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::iam::arn::AccountId;
use crate::redact::address;

/// The account of all commercial ("Core/Satellite") regions.
const COMMERCIAL: Option<&str> = Some("765628985471");
/// The account of the FedRAMP region. The region itself, us-east-2, belongs to the ordinary `aws` partition.
const FEDRAMP: Option<&str> = Some("325654371633");

/// One region of Genesys Cloud. Exists only as an entry of [`REGIONS`].
#[derive(Debug, PartialEq, Eq)]
pub struct Region {
    /// The AWS region that the Genesys organization lives in, for example `us-east-1`.
    pub aws_region: &'static str,
    /// The domain of the organization, for example `mypurecloud.com`.
    pub domain: &'static str,
    /// The AWS partition of the trusted account, where it is known.
    pub partition: Option<&'static str>,
    trusted_account: Option<&'static str>,
}

impl Region {
    /// The AWS account whose principals assume customers' roles, where Genesys has published it.
    pub fn trusted_account(&self) -> Option<AccountId> {
        self.trusted_account.and_then(|account| account.parse().ok())
    }

    /// The regions in which Genesys Cloud uses this account.
    pub fn of_account(account: &AccountId) -> impl Iterator<Item = &'static Self> {
        REGIONS.iter().filter(move |region| region.trusted_account.is_some_and(|own| own == account.as_str()))
    }

    /// The host that issues access tokens.
    pub fn login_host(&self) -> String {
        format!("login.{}", self.domain)
    }

    /// The host of the Platform API.
    pub fn api_host(&self) -> String {
        format!("api.{}", self.domain)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.aws_region, self.domain)
    }
}

const fn commercial(aws_region: &'static str, domain: &'static str) -> Region {
    Region { aws_region, domain, partition: Some("aws"), trusted_account: COMMERCIAL }
}

/// All regions of Genesys Cloud.
pub static REGIONS: [Region; 18] = [
    commercial("us-east-1", "mypurecloud.com"),
    Region {
        aws_region: "us-east-2",
        domain: "use2.us-gov-pure.cloud",
        partition: Some("aws"),
        trusted_account: FEDRAMP,
    },
    commercial("us-west-2", "usw2.pure.cloud"),
    commercial("ca-central-1", "cac1.pure.cloud"),
    commercial("mx-central-1", "mxc1.pure.cloud"),
    commercial("sa-east-1", "sae1.pure.cloud"),
    commercial("eu-west-1", "mypurecloud.ie"),
    commercial("eu-west-2", "euw2.pure.cloud"),
    commercial("eu-central-1", "mypurecloud.de"),
    commercial("eu-central-2", "euc2.pure.cloud"),
    Region {
        aws_region: "eusc-de-east-1",
        domain: "edee1.eusc-pure.cloud",
        partition: None,
        trusted_account: None,
    },
    commercial("me-central-1", "mec1.pure.cloud"),
    commercial("ap-southeast-1", "apse1.pure.cloud"),
    commercial("ap-southeast-2", "mypurecloud.com.au"),
    commercial("ap-northeast-1", "mypurecloud.jp"),
    commercial("ap-northeast-2", "apne2.pure.cloud"),
    commercial("ap-northeast-3", "apne3.pure.cloud"),
    commercial("ap-south-1", "aps1.pure.cloud"),
];

/// Something was named that is not a region of Genesys Cloud.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a Genesys Cloud region; {way_out}", address(given))]
pub struct UnknownRegion {
    /// What was given.
    pub given: String,
    /// What to write instead.
    pub way_out: String,
}

impl FromStr for &'static Region {
    type Err = UnknownRegion;

    /// Accepts what the official tools accept in `GENESYSCLOUD_REGION`, an AWS region or a base path, and the hosts
    /// that people copy from a browser: `us-east-1`, `mypurecloud.com`, `https://api.mypurecloud.com`.
    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let name = bare_name(given);
        REGIONS
            .iter()
            .find(|region| region.aws_region == name || region.domain == name)
            .ok_or_else(|| UnknownRegion { given: given.to_owned(), way_out: way_out(&name) })
    }
}

/// The domain in a URL or in a host's name, without the host's first label. The host is the one that a request would go to, so it is
/// the URL parser of the HTTP client that finds it. What two parsers could read in two ways names nothing.
fn bare_name(given: &str) -> String {
    let given = given.trim();
    let url = if given.contains("://") { given.to_owned() } else { format!("https://{given}") };
    let is_plain = !given.contains(|character: char| character == '\\' || character.is_control());
    let url = Url::parse(&url).ok().filter(|url| {
        is_plain
            && matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
    });
    let host = url.as_ref().and_then(Url::host_str).map_or_else(|| given.to_ascii_lowercase(), str::to_owned);
    let bare = ["api.", "login.", "apps."].iter().find_map(|label| host.strip_prefix(label));
    bare.map_or(host.clone(), str::to_owned)
}

/// Names that guides, older tools and habit suggest, and what is right.
const MISTAKES: [(&str, &str); 14] = [
    ("mygenesys.com", "us-east-1"),
    ("mygenesys.cloud", "us-east-1"),
    ("genesys.com", "us-east-1"),
    ("genesys.cloud", "us-east-1"),
    ("purecloud.com", "us-east-1"),
    ("pure.cloud", "us-east-1"),
    ("mypurecloud", "us-east-1"),
    ("use1.pure.cloud", "us-east-1"),
    ("use2.pure.cloud", "us-east-2"),
    ("euw1.pure.cloud", "eu-west-1"),
    ("euc1.pure.cloud", "eu-central-1"),
    ("apse2.pure.cloud", "ap-southeast-2"),
    ("apne1.pure.cloud", "ap-northeast-1"),
    ("fedramp", "us-east-2"),
];

/// Whether a domain is one of those that guides invent.
pub fn is_mistake(domain: &str) -> bool {
    MISTAKES.iter().any(|(wrong, _)| *wrong == domain)
}

fn way_out(name: &str) -> String {
    if let Some((_, right)) = MISTAKES.iter().find(|(wrong, _)| *wrong == name)
        && let Some(region) = REGIONS.iter().find(|region| region.aws_region == *right)
    {
        return format!(
            "Genesys's own clients do not know this name: for {region} write `{right}` or the domain, for a different \
             organization write the AWS region in which it lives"
        );
    }
    if name.starts_with("us-gov-") {
        return "the FedRAMP region of Genesys Cloud is `us-east-2` (use2.us-gov-pure.cloud)".to_owned();
    }
    let nearest = REGIONS
        .iter()
        .flat_map(|region| [region.aws_region, region.domain].map(|right| (right, region)))
        .filter(|(right, _)| name.len() <= 2 * right.len())
        .map(|(right, region)| (strsim::damerau_levenshtein(right, name), region))
        .filter(|(distance, _)| *distance <= 3)
        .min_by_key(|(distance, _)| *distance);
    match nearest {
        // Regions of AWS can differ in one character (us-west-1, us-west-2), so a near name is only a proposal.
        Some((_, region)) => format!(
            "did you mean {region}? It is the region of your Genesys organization, not that of the function"
        ),
        None => {
            let all = REGIONS.iter().map(|region| region.aws_region).collect::<Vec<_>>().join(", ");
            format!(
                "write the AWS region in which your organization lives ({all}) or its domain; its functions may be in \
                 any region"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(given: &str) -> &'static Region {
        given.parse().unwrap()
    }

    #[test]
    fn names_domains_and_hosts_lead_to_the_same_entry() {
        for entry in &REGIONS {
            for given in [
                entry.aws_region.to_owned(),
                entry.domain.to_uppercase(),
                format!("https://{}/", entry.api_host()),
                format!("https://{}/oauth/token", entry.login_host()),
                format!("https://apps.{}:443/directory/#/admin", entry.domain),
            ] {
                assert_eq!(region(&given), entry, "{given}");
            }
        }
    }

    #[test]
    fn every_name_and_domain_is_there_once() {
        let mut names: Vec<_> = REGIONS.iter().flat_map(|entry| [entry.aws_region, entry.domain]).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 36);
    }

    #[test]
    fn accounts_are_those_that_genesys_published() {
        let account = |given| region(given).trusted_account().map(|account| account.to_string());
        assert_eq!(account("mypurecloud.de").as_deref(), Some("765628985471"));
        assert_eq!(account("use2.us-gov-pure.cloud").as_deref(), Some("325654371633"));
        assert_eq!(account("eusc-de-east-1"), None);
        assert_eq!(REGIONS.iter().filter(|entry| entry.trusted_account().is_some()).count(), 17);
        let regions = |account: &str| Region::of_account(&account.parse().unwrap()).count();
        assert_eq!(["765628985471", "325654371633", "111111111111"].map(regions), [16, 1, 0]);
    }

    #[test]
    fn mistakes_are_answered_with_what_to_write() {
        let answer = |given: &str| given.parse::<&'static Region>().unwrap_err().to_string();
        assert_eq!(
            answer("https://login.mygenesys.com"),
            "`https://login.mygenesys.com` is not a Genesys Cloud region; Genesys's own clients do not know this \
             name: for us-east-1 (mypurecloud.com) write `us-east-1` or the domain, for a different organization \
             write the AWS region in which it lives"
        );
        assert_eq!(
            answer("us-west-1"),
            "`us-west-1` is not a Genesys Cloud region; did you mean us-west-2 (usw2.pure.cloud)? It is the region of \
             your Genesys organization, not that of the function"
        );
        assert!(answer("us-gov-west-1").ends_with("is `us-east-2` (use2.us-gov-pure.cloud)"));
        assert!(answer("mypurecloud.con").contains("did you mean us-east-1 (mypurecloud.com)?"));
        assert!(answer("af-north-9").contains("ap-south-1"));
        assert!(answer("").contains("or its domain"));
        for (wrong, right) in MISTAKES {
            assert!(wrong.parse::<&'static Region>().is_err(), "{wrong} is right after all");
            assert!(right.parse::<&'static Region>().is_ok(), "{right}");
        }
    }
}
