// SPDX-License-Identifier: Apache-2.0
#include "crypto/tls_session.h"

#include <openssl/ssl.h>

namespace latchkey::crypto {

bool holds_unread_bytes(void* session) { return SSL_pending(static_cast<const SSL*>(session)) > 0; }

}  // namespace latchkey::crypto
