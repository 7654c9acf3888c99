#!/bin/sh
# Installing a package starts no service
exit 101
