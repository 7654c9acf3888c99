package stack

// debianLibraries tells which packages hold the shared libraries that a -dev package was linked
// against, by release: bullseye bookworm trixie jammy noble, or one entry where all agree. "-" is
// for a release without that package. Names change with the library's soname, and in trixie and
// noble with the 64-bit time_t ("t64").
//
// Source: the Depends of each -dev package in the archives of Debian and Ubuntu (apt-cache depends),
// with C++ and tool packages left out.
const debianLibraries = `
	default-libmysqlclient-dev libmariadb3 libmariadb3 libmariadb3 libmysqlclient21 libmysqlclient21
	freetds-dev libct4,libsybdb5
	libargon2-dev libargon2-1
	libasound2-dev libasound2 libasound2 libasound2t64 libasound2 libasound2t64
	libatlas-base-dev libatlas3-base libatlas3-base - libatlas3-base libatlas3-base
	libbz2-dev libbz2-1.0
	libcairo2-dev libcairo2
	libcurl4-gnutls-dev libcurl3-gnutls libcurl3-gnutls libcurl3t64-gnutls libcurl3-gnutls libcurl3t64-gnutls
	libcurl4-openssl-dev libcurl4 libcurl4 libcurl4t64 libcurl4 libcurl4t64
	libdb-dev libdb5.3 libdb5.3 libdb5.3t64 libdb5.3 libdb5.3t64
	libdbus-1-dev libdbus-1-3
	libev-dev libev4 libev4 libev4t64 libev4 libev4t64
	libevent-dev libevent-2.1-7,libevent-core-2.1-7,libevent-extra-2.1-7,libevent-openssl-2.1-7,libevent-pthreads-2.1-7 libevent-2.1-7,libevent-core-2.1-7,libevent-extra-2.1-7,libevent-openssl-2.1-7,libevent-pthreads-2.1-7 libevent-2.1-7t64,libevent-core-2.1-7t64,libevent-extra-2.1-7t64,libevent-openssl-2.1-7t64,libevent-pthreads-2.1-7t64 libevent-2.1-7,libevent-core-2.1-7,libevent-extra-2.1-7,libevent-openssl-2.1-7,libevent-pthreads-2.1-7 libevent-2.1-7t64,libevent-core-2.1-7t64,libevent-extra-2.1-7t64,libevent-openssl-2.1-7t64,libevent-pthreads-2.1-7t64
	libffi-dev libffi7 libffi8 libffi8 libffi8 libffi8
	libfontconfig1-dev libfontconfig1
	libfreetype-dev libfreetype6
	libfreetype6-dev libfreetype6
	libfribidi-dev libfribidi0
	libgdal-dev libgdal28 libgdal32 libgdal36 libgdal30 libgdal34t64
	libgdbm-dev libgdbm6 libgdbm6 libgdbm6t64 libgdbm6 libgdbm6t64
	libgdk-pixbuf-2.0-dev libgdk-pixbuf-2.0-0
	libgdk-pixbuf2.0-dev libgdk-pixbuf-2.0-0 libgdk-pixbuf-2.0-0 - libgdk-pixbuf-2.0-0 libgdk-pixbuf-2.0-0
	libgeos-dev libgeos-c1v5 libgeos-c1v5 libgeos-c1t64 libgeos-c1v5 libgeos-c1t64
	libgit2-dev libgit2-1.1 libgit2-1.5 libgit2-1.9 libgit2-1.1 libgit2-1.7
	libgl1-mesa-dev libgl1
	libglib2.0-dev libglib2.0-0 libglib2.0-0 libglib2.0-0t64 libglib2.0-0 libglib2.0-0t64
	libgmp-dev libgmp10
	libgnutls28-dev libgnutls30 libgnutls30 libgnutls30t64 libgnutls30 libgnutls30t64
	libgpgme-dev libgpgme11 libgpgme11 libgpgme11t64 libgpgme11 libgpgme11t64
	libharfbuzz-dev libharfbuzz0b
	libhdf5-dev libhdf5-103-1,libhdf5-cpp-103-1,libhdf5-hl-100,libhdf5-hl-cpp-100 libhdf5-103-1,libhdf5-cpp-103-1,libhdf5-hl-100,libhdf5-hl-cpp-100 libhdf5-310,libhdf5-cpp-310,libhdf5-hl-310,libhdf5-hl-cpp-310 libhdf5-103-1,libhdf5-cpp-103-1,libhdf5-hl-100,libhdf5-hl-cpp-100 libhdf5-103-1t64,libhdf5-cpp-103-1t64,libhdf5-hl-100t64,libhdf5-hl-cpp-100t64
	libhiredis-dev libhiredis0.14 libhiredis0.14 libhiredis1.1.0 libhiredis0.14 libhiredis1.1.0
	libicu-dev libicu67 libicu72 libicu76 libicu70 libicu74
	libimagequant-dev libimagequant0
	libjemalloc-dev libjemalloc2
	libjpeg-dev libjpeg62-turbo libjpeg62-turbo libjpeg62-turbo libjpeg8 libjpeg8
	libjpeg-turbo8-dev - - - libjpeg-turbo8 libjpeg-turbo8
	libjpeg62-turbo-dev libjpeg62-turbo libjpeg62-turbo libjpeg62-turbo - -
	libjpeg8-dev - - - libjpeg8 libjpeg8
	libkrb5-dev libgssapi-krb5-2,libkrb5-3
	liblapack-dev liblapack3
	liblcms2-dev liblcms2-2
	libldap-dev libldap-2.4-2 libldap-2.5-0 libldap2 libldap-2.5-0 libldap2
	libldap2-dev libldap-2.4-2 libldap-2.5-0 libldap2 libldap-2.5-0 libldap2
	libleveldb-dev libleveldb1d
	liblz4-dev liblz4-1
	liblzma-dev liblzma5
	libmagic-dev libmagic1 libmagic1 libmagic1t64 libmagic1 libmagic1t64
	libmagickwand-dev libmagickwand-6.q16-6 libmagickwand-6.q16-6 libmagickwand-7.q16-10 libmagickwand-6.q16-6 libmagickwand-6.q16-7t64
	libmariadb-dev libmariadb3
	libmariadb-dev-compat libmariadb3
	libmaxminddb-dev libmaxminddb0
	libmcrypt-dev libmcrypt4
	libmemcached-dev libmemcached11,libmemcachedutil2 libmemcached11,libmemcachedutil2 libmemcached11t64,libmemcachedutil2t64 libmemcached11,libmemcachedutil2 libmemcached11t64,libmemcachedutil2t64
	libmysqlclient-dev - - - libmysqlclient21 libmysqlclient21
	libncurses-dev libncurses6,libncursesw6,libtinfo6
	libncurses5-dev libncursesw6,libtinfo6
	libncursesw5-dev libncursesw6,libtinfo6
	libonig-dev libonig5
	libopenblas-dev libopenblas0
	libopenjp2-7-dev libopenjp2-7
	libpango1.0-dev libpango-1.0-0,libpangocairo-1.0-0,libpangoft2-1.0-0
	libpcap-dev libpcap0.8 libpcap0.8 libpcap0.8t64 libpcap0.8 libpcap0.8t64
	libpcre2-dev libpcre2-8-0
	libpcre3-dev libpcre3 libpcre3 - libpcre3 libpcre3
	libpng-dev libpng16-16 libpng16-16 libpng16-16t64 libpng16-16 libpng16-16t64
	libpq-dev libpq5
	libproj-dev libproj19 libproj25 libproj25 libproj22 libproj25
	libprotobuf-dev libprotobuf-lite23,libprotobuf23 libprotobuf-lite32,libprotobuf32 libprotobuf-lite32t64,libprotobuf32t64 libprotobuf-lite23,libprotobuf23 libprotobuf-lite32t64,libprotobuf32t64
	librabbitmq-dev librabbitmq4
	librdkafka-dev librdkafka++1,librdkafka1
	libreadline-dev libreadline8 libreadline8 libreadline8t64 libreadline8 libreadline8t64
	libsasl2-dev libsasl2-2
	libseccomp-dev libseccomp2
	libsnappy-dev libsnappy1v5
	libsndfile1-dev libsndfile1
	libsodium-dev libsodium23
	libspatialindex-dev libspatialindex-c6,libspatialindex6 libspatialindex-c6,libspatialindex6 libspatialindex-c8,libspatialindex8 libspatialindex-c6,libspatialindex6 libspatialindex-c6,libspatialindex6
	libsqlite3-dev libsqlite3-0
	libssh2-1-dev libssh2-1 libssh2-1 libssh2-1t64 libssh2-1 libssh2-1t64
	libssl-dev libssl1.1 libssl3 libssl3t64 libssl3 libssl3t64
	libsystemd-dev libsystemd0
	libtidy-dev libtidy5deb1 libtidy5deb1 libtidy58 libtidy5deb1 libtidy5deb1
	libtiff-dev libtiff5 libtiff6 libtiff6 libtiff5 libtiff6
	libtiff5-dev libtiff5 libtiff6 libtiff6 libtiff5 libtiff6
	libudev-dev libudev1
	libusb-1.0-0-dev libusb-1.0-0
	libuv1-dev libuv1 libuv1 libuv1t64 libuv1 libuv1t64
	libvips-dev libvips42 libvips42 libvips42t64 libvips42 libvips42t64
	libwebp-dev libwebp6,libwebpdemux2,libwebpmux3 libwebp7,libwebpdemux2,libwebpmux3 libwebp7,libwebpdemux2,libwebpmux3 libwebp7,libwebpdemux2,libwebpmux3 libwebp7,libwebpdemux2,libwebpmux3
	libxcb1-dev libxcb1
	libxml2-dev libxml2
	libxmlsec1-dev libxmlsec1,libxmlsec1-openssl libxmlsec1,libxmlsec1-openssl libxmlsec1t64,libxmlsec1t64-openssl libxmlsec1,libxmlsec1-openssl libxmlsec1t64,libxmlsec1t64-openssl
	libxpm-dev libxpm4
	libxslt-dev libxslt1.1
	libxslt1-dev libxslt1.1
	libyaml-dev libyaml-0-2
	libzip-dev libzip4 libzip4 libzip5 libzip4 libzip4t64
	libzmq3-dev libzmq5
	libzstd-dev libzstd1
	portaudio19-dev libportaudio2
	unixodbc-dev libodbc1,odbcinst1debian2 libodbc2,libodbcinst2 libodbc2,libodbcinst2 libodbc2,libodbcinst2 libodbc2,libodbcinst2
	uuid-dev libuuid1
	zlib1g-dev zlib1g
`

// alpineLibraries: package and run-time counterpart, for Alpine from 3.17 on.
// Source: the subpackages in https://git.alpinelinux.org/aports
const alpineLibraries = `
	bzip2-dev libbz2
	cairo-dev cairo
	curl-dev libcurl
	cyrus-sasl-dev libsasl
	file-dev libmagic
	freetds-dev freetds
	freetype-dev freetype
	gdal-dev gdal
	gdk-pixbuf-dev gdk-pixbuf
	geos-dev geos
	gmp-dev gmp
	hiredis-dev hiredis
	icu-dev icu-libs
	jpeg-dev libjpeg-turbo
	krb5-dev krb5-libs
	lcms2-dev lcms2
	libevent-dev libevent
	libffi-dev libffi
	libjpeg-turbo-dev libjpeg-turbo
	libmemcached-dev libmemcached-libs
	libpng-dev libpng
	libpq-dev libpq
	librdkafka-dev librdkafka
	libsodium-dev libsodium
	libuv-dev libuv
	libwebp-dev libwebp
	libxml2-dev libxml2
	libxslt-dev libxslt
	libzip-dev libzip
	lz4-dev lz4-libs
	mariadb-connector-c-dev mariadb-connector-c
	mariadb-dev mariadb-connector-c
	ncurses-dev ncurses-libs
	oniguruma-dev oniguruma
	openjpeg-dev openjpeg
	openldap-dev libldap
	openssl-dev libssl3,libcrypto3
	pango-dev pango
	pcre2-dev pcre2
	postgresql-dev libpq
	readline-dev readline
	snappy-dev snappy
	sqlite-dev sqlite-libs
	tiff-dev tiff
	unixodbc-dev unixodbc
	vips-dev vips
	xz-dev xz-libs
	yaml-dev yaml
	zeromq-dev libzmq
	zlib-dev zlib
	zstd-dev zstd-libs
`

// redhatLibraries: as alpineLibraries, for Fedora and Enterprise Linux 8 and newer.
// Source: https://packages.fedoraproject.org
const redhatLibraries = `
	freetype-devel freetype
	libcurl-devel libcurl
	libffi-devel libffi
	libjpeg-turbo-devel libjpeg-turbo
	libpng-devel libpng
	libpq-devel libpq
	libxml2-devel libxml2
	libxslt-devel libxslt
	mariadb-connector-c-devel mariadb-connector-c
	openssl-devel openssl-libs
	postgresql-devel libpq
	sqlite-devel sqlite-libs
	zlib-devel zlib
`

// headersOnly have no shared library of their own to bring along.
var headersOnly = set(`libc6-dev libc-dev musl-dev linux-libc-dev linux-headers glibc-devel kernel-headers
	python3-dev python-dev python3-devel python3-distutils ruby-dev ruby-devel
	libltdl-dev autotools-dev libboost-dev libeigen3-dev`)
