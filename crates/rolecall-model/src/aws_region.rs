//! Names of AWS regions that are none: a typing error would end in a host that does not exist, and a long wait for it.
//!
//! A region that AWS opens next year must work in a rolecall of this year. So what is checked is how names of regions are made, and
//! the list of those that there are serves for proposals only.

use crate::iam::arn::Region;

/// Where in an area regions lie ("Regions and zones" in the AWS documentation, and botocore's `partitions.json`).
const PLACES: [&str; 9] =
    ["central", "east", "north", "northeast", "northwest", "south", "southeast", "southwest", "west"];

/// The regions that there are.
const KNOWN: [&str; 39] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// A name that no region of AWS can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not an AWS region{}", .nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default())]
pub struct UnknownAwsRegion {
    /// What was given.
    pub given: String,
    /// What it may have been meant to be.
    pub nearest: Option<&'static str>,
}

/// Refuses a name that no region of AWS can have.
pub fn check(region: &Region) -> Result<(), UnknownAwsRegion> {
    let name = region.as_str();
    let mut parts = name.rsplit('-');
    let place = parts.nth(1);
    if place.is_some_and(|place| PLACES.contains(&place)) {
        return Ok(());
    }
    let distance = |known: &&str| strsim::damerau_levenshtein(known, name);
    let nearest = KNOWN.into_iter().min_by_key(distance).filter(|known| distance(known) <= 3);
    Err(UnknownAwsRegion { given: name.to_owned(), nearest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(name: &str) -> Result<(), String> {
        check(&name.parse().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn every_region_passes_and_so_does_one_that_may_come() {
        for name in KNOWN.into_iter().chain(["nz-south-1", "us-iso-east-1", "eu-isoe-west-1"]) {
            assert_eq!(checked(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn a_typing_error_is_answered_with_what_was_meant() {
        for (wrong, answer) in [
            ("us-esat-1", "`us-esat-1` is not an AWS region; did you mean `us-east-1`?"),
            ("eu-centrall-1", "`eu-centrall-1` is not an AWS region; did you mean `eu-central-1`?"),
            ("us-nowhere-1", "`us-nowhere-1` is not an AWS region"),
        ] {
            assert_eq!(checked(wrong).unwrap_err(), answer);
        }
    }
}
