// SPDX-License-Identifier: Apache-2.0
// A file of its own, because the pages' Content-Security-Policy runs no inline script.
'use strict';

SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  // The validator would send our URL to a third party.
  validatorUrl: null,
});
