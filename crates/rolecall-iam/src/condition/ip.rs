//! `IpAddress` and `NotIpAddress`: an address against a network in CIDR form, of version 4 or 6; a bare address in the
//! document is a network of one.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Match, Operand};

pub(super) fn read(raw: &str) -> Operand {
    raw.parse::<IpNet>()
        .or_else(|_| raw.parse::<IpAddr>().map(IpNet::from))
        .map_or(Operand::Unreadable, Operand::Network)
}

/// An address never lies in a network of the other version.
pub(super) fn contains(request: &str, network: &IpNet) -> Match {
    request.parse::<IpAddr>().map_or(Match::Unreadable, |address| network.contains(&address).into())
}
