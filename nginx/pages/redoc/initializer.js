// SPDX-License-Identifier: Apache-2.0
// A file of its own, because the pages' Content-Security-Policy runs no inline script.
'use strict';

Redoc.init('/openapi.json', { expandResponses: '200,201,204', hideDownloadButton: true },
           document.getElementById('redoc'));
