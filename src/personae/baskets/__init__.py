"""Frequent itemsets, association rules, their replication on unseen baskets, and promotions."""
