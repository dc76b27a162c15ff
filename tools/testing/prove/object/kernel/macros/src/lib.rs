// SPDX-License-Identifier: GPL-2.0-only

//! Attributes of the kernel's crate, without what they do there.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

/// Removes `#[pin]` from the members: nothing moves in a model once it is shared.
#[proc_macro_attribute]
pub fn pin_data(_: TokenStream, item: TokenStream) -> TokenStream {
    let mut kept = Vec::new();

    for token in item {
        match token {
            TokenTree::Group(group) if is_pin(&group) => {
                kept.pop();
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let inner = pin_data(TokenStream::new(), group.stream());
                kept.push(Group::new(Delimiter::Brace, inner).into());
            }
            other => kept.push(other),
        }
    }
    kept.into_iter().collect()
}

fn is_pin(group: &Group) -> bool {
    group.delimiter() == Delimiter::Bracket && group.stream().to_string() == "pin"
}
