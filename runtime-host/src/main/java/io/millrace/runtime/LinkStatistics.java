package io.millrace.runtime;

/**
 * What a session has counted on the host's side since it was opened.
 *
 * @param framesFinished results delivered
 * @param packetsSent all packets, repeats included
 * @param packetsResent numbered packets sent again
 * @param packetsReceived undamaged packets of the session
 * @param packetsDamaged headers and packets that failed their check
 * @param packetsRepeated results that had come before
 * @param packetsForeign packets of other sessions
 * @param resultsUnknown results of frames that are not waited for
 * @param timeouts times the link was quiet for too long
 * @param recoveries sessions after the first
 */
public record LinkStatistics(
        long framesFinished,
        long packetsSent,
        long packetsResent,
        long packetsReceived,
        long packetsDamaged,
        long packetsRepeated,
        long packetsForeign,
        long resultsUnknown,
        long timeouts,
        long recoveries) {}
