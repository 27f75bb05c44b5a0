import { asNumber, asObjects, asString, type JsonObject } from '../../shared/json-value.ts';
import { invalid } from '../http/api-error.ts';
import { type ProcessFault, ProcessFaults } from '../process/process-faults.ts';
import { type RequestFault, RequestFaults } from './request-faults.ts';

/**
 * Things to go wrong on demand, in-process or by `POST /_faults` with the service's or an administrator's key. The body is
 * one fault or `{"faults": [...]}`; GET lists those in force, DELETE clears them.
 *
 * A fault with `resource` and `process` makes that process get stuck or end in an error:
 * `{"resource":"web","process":"upgrade","mode":"error","message":"image not found"}`. Any other is about requests:
 * `{"method":"POST","path":"action=upgrade","status":503,"times":2}`, `{"path":"/services","drop":true}`,
 * `{"latencyMs":500,"times":0}`. The path is compared with path and query.
 */
export class EmulatorFaults {
  readonly requests = new RequestFaults();
  readonly processes = new ProcessFaults();

  failProcess(fault: ProcessFault): void {
    this.processes.add(fault);
  }

  failRequests(fault: RequestFault): void {
    this.requests.add(fault);
  }

  clear(): void {
    this.requests.clear();
    this.processes.clear();
  }

  /** Adds what a caller sent. @throws ApiError 422 */
  addAll(body: JsonObject): void {
    const all = Array.isArray(body['faults']) ? asObjects(body['faults']) : [body];
    for (const fault of all) {
      if (fault['process'] === undefined) this.#addRequestFault(fault);
      else this.#addProcessFault(fault);
    }
  }

  toJSON(): JsonObject {
    const faults = [...this.requests.list(), ...this.processes.list()].map(
      (fault) => JSON.parse(JSON.stringify(fault)) as JsonObject,
    );
    return { type: 'collection', resourceType: 'fault', data: faults };
  }

  #addProcessFault(fault: JsonObject): void {
    const { resource, process, mode, message } = fault;
    if (typeof resource !== 'string') throw invalid('MissingRequired', 'resource');
    if (typeof process !== 'string') throw invalid('InvalidFormat', 'process');
    if (mode !== 'stuck' && mode !== 'error') throw invalid('InvalidOption', 'mode');
    this.processes.add({
      resource,
      process,
      mode,
      ...(typeof message === 'string' ? { message } : {}),
      ...optionalNumber(fault, 'times'),
    });
  }

  #addRequestFault(fault: JsonObject): void {
    const status = asNumber(fault['status']);
    if (status !== undefined && !(Number.isInteger(status) && status >= 200 && status <= 599))
      throw invalid('InvalidFormat', 'status');
    try {
      this.requests.add({
        ...optionalText(fault, 'method'),
        ...optionalText(fault, 'path'),
        ...optionalText(fault, 'code'),
        ...optionalNumber(fault, 'latencyMs'),
        ...optionalNumber(fault, 'status'),
        ...optionalNumber(fault, 'times'),
        ...(fault['drop'] === true ? { drop: true } : {}),
      });
    } catch (error) {
      if (error instanceof SyntaxError) throw invalid('InvalidFormat', 'path');
      throw error;
    }
  }
}

function optionalText(fault: JsonObject, name: string): Record<string, string> {
  const value = asString(fault[name]);
  return value === undefined ? {} : { [name]: value };
}

function optionalNumber(fault: JsonObject, name: string): Record<string, number> {
  const value = asNumber(fault[name]);
  return value === undefined ? {} : { [name]: value };
}
