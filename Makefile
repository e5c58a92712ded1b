# make            the tools into bin/
# make install    PREFIX (/usr/local), DESTDIR
# make test       unit and command tests; scripts/check runs everything
# make dist       the sources with their version as build/kpipe-VERSION.tar.gz
# make deb        the same as a Debian package, build/kpipe_VERSION_ARCH.deb
#
# BUILD=dir BIN=dir put the results elsewhere; SAN=address,undefined builds with sanitizers.

CC ?= cc
PREFIX ?= /usr/local
BUILD ?= build
BIN ?= bin
VERSION := $(shell scripts/version)

WARN = -Wall -Wextra -Wshadow -Wconversion -Werror
CFLAGS ?= -O2 -g
CPPFLAGS += -Ilib -D_POSIX_C_SOURCE=200809L -DKPIPE_VERSION='"$(VERSION)"'
ALL_CFLAGS = -std=c11 $(WARN) $(CFLAGS) $(SAN:%=-fsanitize=% -fno-omit-frame-pointer)
LDFLAGS += -Wl,--as-needed $(SAN:%=-fsanitize=%)

TOOLS := $(basename $(notdir $(wildcard cmd/*.c)))
UNITS := $(basename $(notdir $(wildcard tests/unit/*.c)))
LIB_SRC := $(wildcard lib/*/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/%.o)
ARCHIVE = $(BUILD)/libkpipe.a

# What each kind of tool links; --as-needed drops what one does not use.
KAFKA_LIBS = -lrdkafka -ljansson
HDFS_LIBS = -lcurl -ljansson -lexpat -lz
$(BIN)/kprod $(BIN)/kcons $(BIN)/ktopic $(BIN)/kgroup $(BIN)/kmock: LDLIBS += $(KAFKA_LIBS)
$(BIN)/hdfsput $(BIN)/hdfsls $(BIN)/hdfscat $(BIN)/hdfsrm $(BIN)/hdfsmkdir $(BIN)/hdfsmv: LDLIBS += $(HDFS_LIBS)
$(BIN)/genlogs $(BIN)/ktail $(BIN)/logstat: LDLIBS += -ljansson
LDLIBS += -pthread -lm

all: $(TOOLS:%=$(BIN)/%)

$(BIN)/%: $(BUILD)/cmd/%.o $(ARCHIVE)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $< $(ARCHIVE) $(LDLIBS)

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(ARCHIVE)
	$(CC) $(LDFLAGS) -o $@ $< $(ARCHIVE) $(KAFKA_LIBS) $(HDFS_LIBS) $(LDLIBS)

$(BUILD)/tests/tools/%: $(BUILD)/tests/tools/%.o $(ARCHIVE)
	$(CC) $(LDFLAGS) -o $@ $< $(ARCHIVE) $(KAFKA_LIBS) $(LDLIBS)

$(BUILD)/tests/tools/%.so: tests/tools/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -fPIC -shared -o $@ $<

$(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(ARCHIVE)
	$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $< $(ARCHIVE) $(KAFKA_LIBS) $(HDFS_LIBS) $(LDLIBS)

$(BUILD)/bench/%: $(BUILD)/bench/%.o
	$(CC) $(LDFLAGS) -o $@ $<

$(ARCHIVE): $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The traffic model is assembled into one object.
$(BUILD)/lib/weblog/retail.o: lib/weblog/retail.json

# The version is compiled into one object, which must follow it.
$(BUILD)/lib/base/opt.o: $(BUILD)/version
$(BUILD)/version: FORCE
	@mkdir -p $(@D)
	@echo '$(VERSION)' | cmp -s - $@ || echo '$(VERSION)' >$@

units: $(UNITS:%=$(BUILD)/tests/unit/%) $(addprefix $(BUILD)/tests/tools/,txn unframe)

bench: $(addprefix $(BUILD)/,bench/measure bench/latency tests/tools/unframe)

test: all units
	prove $(UNITS:%=$(BUILD)/tests/unit/%) tests/cmd

MANS = $(wildcard man/*.1 man/*.5 man/*.7)
DEST = $(DESTDIR)$(PREFIX)

install: all
	install -d $(DEST)/bin $(DEST)/share/bash-completion/completions $(DEST)/share/zsh/site-functions
	install $(TOOLS:%=$(BIN)/%) $(DEST)/bin
	for m in $(MANS); do install -D -m 644 $$m $(DEST)/share/man/man$${m##*.}/$${m##*/} || exit 1; done
	install -m 644 completion/kpipe.bash $(DEST)/share/bash-completion/completions/kpipe
	for t in $(TOOLS); do ln -sf kpipe $(DEST)/share/bash-completion/completions/$$t || exit 1; done
	install -m 644 completion/_kpipe $(DEST)/share/zsh/site-functions/_kpipe

uninstall:
	rm -f $(TOOLS:%=$(DEST)/bin/%)
	for m in $(MANS); do rm -f $(DEST)/share/man/man$${m##*.}/$${m##*/}; done
	rm -f $(DEST)/share/bash-completion/completions/kpipe $(TOOLS:%=$(DEST)/share/bash-completion/completions/%)
	rm -f $(DEST)/share/zsh/site-functions/_kpipe

# What is tracked, as it is now; VERSION takes the place of git.
DIST = kpipe-$(VERSION)
dist:
	@mkdir -p $(BUILD)/dist
	echo '$(VERSION)' >$(BUILD)/dist/VERSION
	now=$$(git -c user.name=- -c user.email=- stash create) && git archive --prefix=$(DIST)/ \
		--add-file=$(BUILD)/dist/VERSION -o $(BUILD)/$(DIST).tar.gz $${now:-HEAD}

deb: dist
	packaging/deb $(BUILD)/$(DIST).tar.gz '$(VERSION)' $(BUILD)

clean:
	rm -rf $(BUILD) $(BIN)

FORCE:
.PHONY: all units bench test install uninstall dist deb clean FORCE
.SECONDARY:
-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)
