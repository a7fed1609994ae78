"""One script a page; not `pages`, which Streamlit would serve past `main`."""
