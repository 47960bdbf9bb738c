//! Reads one document under limits, as the product does when it runs itself for that, with the same allocator.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::io::Result<()> {
    nc_documents::child::run(std::env::args_os().skip(2))
}
