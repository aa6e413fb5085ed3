//! `IpAddress` and `NotIpAddress`: an address against a network in CIDR form, of version 4 or 6; a bare address of version
//! 4 in the document is a network of one.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::{Match, Operand};

pub(super) fn read(raw: &str) -> Operand {
    network(raw).map_or(Operand::Undocumented, Operand::Network)
}

fn network(raw: &str) -> Option<IpNet> {
    let Some((_, prefix)) = raw.split_once('/') else {
        // "IAM uses the default prefix value of /32": of an address of version 6 that would be a whole network.
        return raw.parse::<Ipv4Addr>().ok().map(|address| IpNet::from(IpAddr::V4(address)));
    };
    let network: IpNet = raw.parse().ok()?;
    // An address within the network instead of its first is not documented, nor is a prefix such as `08`.
    let is_documented = network == network.trunc() && network.prefix_len().to_string() == prefix;
    (is_documented && !is_mapped(&network)).then_some(network)
}

/// Whether these are addresses of version 4 in the form of version 6, which some systems take for the former.
fn is_mapped(network: &IpNet) -> bool {
    matches!(network, IpNet::V6(network)
        if network.prefix_len() >= 96 && network.addr().to_ipv4_mapped().is_some())
}

/// An address never lies in a network of the other version.
pub(super) fn contains(request: &str, network: &IpNet) -> Match {
    request.parse::<IpAddr>().map_or(Match::Undocumented, |address| network.contains(&address).into())
}
